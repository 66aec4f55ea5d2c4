"""Typed commands that name an emergency without a symptom: "/emergency_help" (triage.md G-17).

How a typed command becomes plain words is decided in one place, ``bot/channels/incoming.py``;
which of them name an emergency, here.
"""

from __future__ import annotations

import re
from typing import List

from bot.triage.vocabulary import Finding

_WORDS = r"(?:emergency|help|urgent|sos|red[_ ]flag|alarm|ambulance)"
_COMMAND = re.compile(rf"\s*/[a-z_]*{_WORDS}[a-z_]*\s*\Z", re.IGNORECASE)
_NAMED = re.compile(rf"\b{_WORDS}", re.IGNORECASE)


def names_emergency(words: str) -> bool:
    """Return whether ``words``, once typed as a command, name an emergency."""
    return bool(_NAMED.search(words))


def with_command(text: str, findings: List[Finding]) -> List[Finding]:
    """The findings, or a G-17 statement for a command that names an emergency and no symptom."""
    if not _COMMAND.match(text) or any(found.key != "G-12" for found in findings):
        return findings
    start = text.index("/")
    end = len(text.rstrip())
    return [Finding("G-17", start, end, text[start:end])]
