"""A second reading of words that a slip of the finger made into other words.

"Chest pan" holds no misspelt word. What she meant shows beside it: the lexicon knows "chest pain",
and nothing of chests and pans. A word is only read anew if that makes a pair the lexicon knows.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Dict, FrozenSet, Iterable, List, Mapping, Sequence, Set, Tuple

from bot.screening.spelling import Speller

Pair = Tuple[str, str]


class Pairs:
    """Which two words the lexicon has next to each other, in a phrase or by a rule."""

    def __init__(
        self,
        phrases: Iterable[Sequence[str]],
        labels: Mapping[str, FrozenSet[str]],
        rules: FrozenSet[Pair],
    ):
        self._adjacent: Set[Pair] = {pair for phrase in phrases for pair in pairwise(phrase)}
        self._labels = labels
        self._rules = rules

    def known(self, left: str, right: str) -> bool:
        """Whether the second word may follow the first one."""
        if (left, right) in self._adjacent:
            return True
        return any(
            (a, b) in self._rules
            for a in self._labels.get(left, ())
            for b in self._labels.get(right, ())
        )


def reread(
    words: Sequence[Tuple[str, str]],
    typed: Sequence[str],
    gaps: Sequence[int],
    speller: Speller,
    pairs: Pairs,
    light: FrozenSet[str],
) -> Dict[int, Tuple[str, str]]:
    """New (word, stem) by place, where another reading fits the words beside it and this does not.

    ``words`` are (word, stem) pairs, ``typed`` what was typed for each, ``gaps`` what is before it.
    """
    changed: Dict[int, Tuple[str, str]] = {}
    for index, as_typed in enumerate(typed):
        readings = speller.other_readings(as_typed)
        if not readings:
            continue
        before = _beside(words, gaps, index, -1, light)
        after = _beside(words, gaps, index, 1, light)
        if _fits(words[index][1], before, after, pairs):
            continue
        for word, stem in readings:
            if _fits(stem, before, after, pairs):
                changed[index] = (word, stem)
                break
    return changed


def _beside(
    words: Sequence[Tuple[str, str]],
    gaps: Sequence[int],
    index: int,
    step: int,
    light: FrozenSet[str],
) -> List[str]:
    """The stem right beside a word, and the next one that has meaning of its own."""
    found: List[str] = []
    place = index
    while len(found) < 2 and abs(place - index) < 4:
        place += step
        if not 0 <= place < len(words) or gaps[max(place, place - step)]:
            break
        stem = words[place][1]
        if not found or stem not in light:
            found.append(stem)
        if stem not in light:
            break
    return found


def _fits(stem: str, before: Sequence[str], after: Sequence[str], pairs: Pairs) -> bool:
    return any(pairs.known(left, stem) for left in before) or any(
        pairs.known(stem, right) for right in after
    )
