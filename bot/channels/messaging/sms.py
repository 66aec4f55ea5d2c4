"""Text messages (SMS): what a text costs in segments, and where to cut one that is too long."""

from __future__ import annotations

import re
from typing import Callable, List

#: The GSM 03.38 alphabet; one character of any other kind makes the whole message UCS-2.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Sent as an escape and a character: each counts twice.
_EXTENDED = frozenset("^{}\\[~]|€\f")
#: Typographic signs that would more than double the price, and what says the same.
_PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "•": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2011": "-",
        "`": "'",
        "\t": " ",
    }
)
_GSM_ALONE, _GSM_PART, _UCS_ALONE, _UCS_PART = 160, 153, 70, 67
#: Where a text is cut, the best place first.
_ENDS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?])\s"), re.compile(r"\s"))


def plain(text: str) -> str:
    """Return the text with typographic signs written in the GSM alphabet."""
    return text.translate(_PLAIN)


def is_gsm(text: str) -> bool:
    """Return whether every character is in the GSM 03.38 alphabet or its extension."""
    return all(character in _BASIC or character in _EXTENDED for character in text)


def segments(text: str) -> int:
    """Return how many segments a phone network sends (and bills) for the text."""
    if is_gsm(text):
        size = sum(2 if character in _EXTENDED else 1 for character in text)
        alone, part = _GSM_ALONE, _GSM_PART
    else:
        size = len(text.encode("utf-16-be")) // 2
        alone, part = _UCS_ALONE, _UCS_PART
    return 1 if size <= alone else -(-size // part)


def split(text: str, most_segments: int, most_characters: int = 1600) -> List[str]:
    """Return the text in messages of at most so many segments and characters each.

    A text is cut between paragraphs, lines, sentences or words, in this order of preference, and
    never inside a word that fits into one message. Nothing is left out.
    """

    def fits(part: str) -> bool:
        return segments(part) <= most_segments and len(part) <= most_characters

    return split_where(text, fits)


def split_characters(text: str, most: int) -> List[str]:
    """Return the text in messages of at most ``most`` characters, cut in the same places."""
    return split_where(text, lambda part: len(part) <= most)


def split_where(text: str, fits: Callable[[str], bool]) -> List[str]:
    """Return the text in pieces that all satisfy ``fits``; a single character always must."""
    parts, rest = [], text.strip()
    while rest and not fits(rest):
        longest = _longest(rest, fits)
        cut = _cut(rest, longest)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    return low


def _cut(text: str, longest: int) -> int:
    for end in _ENDS:
        # The sign after the longest piece may be the gap itself.
        places = [found.start() for found in end.finditer(text[: longest + 1])]
        # A very short first message is worse than a cut at a lesser place.
        good = [place for place in places if place * 3 >= longest]
        if good:
            return good[-1]
    return longest
