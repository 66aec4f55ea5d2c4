"""The words of a message as one line with numbers as digits, for times and measurements."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Dict, List, Match, Pattern, Sequence

from bot.screening.composition import Candidate
from bot.screening.matching import Read, Word
from bot.screening.normalise import HARD_GAP

_NUMBERS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
    "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17",
    "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "sixty": "60", "ninety": "90", "once": "1 times", "twice": "2 times",
    "thrice": "3 times", "couple": "2", "dozen": "12",
}  # fmt: skip


class Line:
    """Words joined by one space; ";" stands where a sentence ends, "," where a comma stood.

    Texts of any length are read in pieces, so that patterns stay cheap.
    """

    def __init__(self, words: Sequence[Word]):
        pieces: List[str] = []
        self._starts: List[int] = []
        self._indices: List[int] = []
        position = 0
        for index, word in enumerate(words):
            if index and word.gap:
                mark = "; " if word.gap >= HARD_GAP else ", "
                pieces.append(mark)
                position += len(mark)
            shown = _NUMBERS.get(word.word, word.word)
            self._starts.append(position)
            self._indices.append(index)
            pieces.append(shown + " ")
            position += len(shown) + 1
        self.text = "".join(pieces)

    def before(self, index: int) -> str:
        """The line up to a word, at most its last 60 characters."""
        end = self._starts[index]
        return self.text[max(0, end - 60) : end]

    def words(self, match: Match) -> range:
        """The places of the words that a match covers."""
        first = bisect_right(self._starts, match.start()) - 1
        last = bisect_right(self._starts, max(match.start(), match.end() - 1)) - 1
        return range(self._indices[max(first, 0)], self._indices[max(last, 0)] + 1)


def line_of(read: Read) -> Line:
    """The message as one line."""
    return Line(read.words)


def every(pattern: Pattern, line: Line):
    """All matches of a pattern with the words they cover."""
    for match in pattern.finditer(line.text):
        yield match, line.words(match)


_COUNTED = ("GI-02", "GI-03", "GI-05")
_COUNT = re.compile(
    r"\b(?P<count>\d{1,2})(?: |, )(?:times|x|loose|watery|runny|liquid|poos?|stools?|bouts)"
)
_TIMES_X = re.compile(r"\bx ?(?P<count>\d{1,2})\b|\bx(?P<joined>\d{1,2})\b")


def count_of(found: Candidate, line: Line) -> Dict[str, float]:
    """How often, for rows that ask for it: "threw up twice", "four watery poos"."""
    if found.key not in _COUNTED:
        return {}
    for pattern in (_COUNT, _TIMES_X):
        for match, words in every(pattern, line):
            if abs(words.start - found.start) <= 8 or abs(words.start - found.end) <= 8:
                groups = match.groupdict()
                return {"count": float(groups["count"] or groups.get("joined") or 0)}
    return {}
