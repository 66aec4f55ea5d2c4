"""The text a patient gets when everything else fails. It needs no network, model or database.

The clinic's own wording comes from bot/content, read once at the start; what stands here is for the
case that even that cannot be read.
"""

from __future__ import annotations

import logging
from typing import Mapping, Optional, Tuple

from bot.settings import Settings

logger = logging.getLogger(__name__)

#: Emergency numbers by region: facts.md section 5 (F-230 for "unknown"). First the one to dial.
EMERGENCY_NUMBERS: Mapping[str, Tuple[str, ...]] = {
    "US": ("911",),
    "CA": ("911",),
    "GB": ("999",),
    "IE": ("112", "999"),
    "EU": ("112",),
    "AU": ("000",),
    "NZ": ("111",),
    "IN": ("112", "108"),
}

_EVERYWHERE = (
    "your local emergency number now. US or Canada 911. UK 999. Ireland 112. Europe 112. "
    "India 112 or 108. Australia 000. New Zealand 111"
)

_SIGNS = (
    "If you have trouble breathing or swallowing, swelling of your lips, face or tongue, hives, "
    "heavy bleeding or strong pain, if your baby moves less, or if you feel faint: call "
)


def call_line(region: str) -> str:
    """Return "Call 999 now." for the region, or the list of numbers when it is unknown (F-230)."""
    numbers = EMERGENCY_NUMBERS.get(region)
    return f"Call {' or '.join(numbers)} now." if numbers else f"Call {_EVERYWHERE}."


def safe_text(settings: Optional[Settings]) -> str:
    """Return the answer to a message that could not be handled, with the clinic's numbers.

    ``settings`` is None when even they cannot be read.
    """
    if settings is not None:
        try:
            from bot.content import load_content

            return load_content(settings.language, settings).message("check_not_possible").text
        except Exception as error:
            logger.error("The built-in safe text is used: %s", error)
    return (
        "Something went wrong on our side. Your message may not have been read. "
        f"{_if_unwell(settings.region if settings else 'unknown')} "
        "If you are safe, please send your message again in a minute."
    )


def too_fast_text(region: str) -> str:
    """Return the answer to messages that come faster than they can be taken."""
    return (
        "Many messages came at once, so this one has to wait a moment. It is not lost. "
        f"{_if_unwell(region)}"
    )


def shortened_text(region: str) -> str:
    """Return what follows the answer to a message of which only a part was read."""
    return (
        "Your message was very long. I read only its beginning and its end. "
        "Please send what is most important again in a short message. "
        f"{_if_unwell(region)}"
    )


def _if_unwell(region: str) -> str:
    line = call_line(region)
    return _SIGNS + line[len("Call ") :]
