"""Buttons as a numbered list, for channels that have none, and "2" read as the second of them."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Sequence

Button = Dict[str, str]

_NUMBER = re.compile(
    r"(?:(?:option|number|no\.?|nr\.?|reply|answer|choice)\s*)?#?\(?\s*(\d{1,2})\s*[).:]?", re.I
)
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")


def with_list(text: str, buttons: Sequence[Button]) -> str:
    """Return the text with its buttons below it as lines to reply to by number."""
    if not buttons:
        return text
    lines = [f"{number} {button['title']}" for number, button in enumerate(buttons, 1)]
    return "\n".join([text, "", "Reply with a number:", *lines]).strip()


def chosen(text: Optional[str], choices: Sequence[str]) -> Optional[str]:
    """Return the words that a reply of only a number stands for, or None when it is none."""
    found = _NUMBER.fullmatch(_KEYCAP.sub(r"\1", text or "").strip())
    if not found or not 1 <= int(found.group(1)) <= len(choices):
        return None
    return choices[int(found.group(1)) - 1]


def words(buttons: Sequence[Button]) -> List[str]:
    """Return what each button says when it is chosen."""
    return [button.get("payload") or button["title"] for button in buttons]
