"""How the second opinion undoes typing errors and text-speak before it looks for features.

A slip turns a word that the model knows into one that it has never seen. Words that nobody knows
are read as the most common training word one slip away, longer ones also two slips. Its own small
list and its own rules: nothing is shared with the spelling of the rules.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, List, Mapping, Sequence, Tuple

#: Shorter words have too many neighbours to guess from.
SHORTEST = 4
#: From this length on two slips are undone, up to LONGEST_FOR_TWO, which bounds the cost.
SHORTEST_FOR_TWO = 6
LONGEST_FOR_TWO = 14

#: Distinct unknown words remembered; the memory must not grow with what strangers type.
CACHE_WORDS = 20_000

_TEXT_SPEAK = """
u you, ur your, r are, n and, nd and, cos because, coz because, cuz because, bcs because,
bc because, pls please, plz please, b4 before, smth something, sth something, sumthin something,
rn right now, atm right now, dnt dont, cnt cant, abt about, rly really, rlly really, v very,
da the, dat that, dis this, wot what, hv have, hav have, iv ive, mins minutes, min minutes,
hr hour, hrs hours, wk week, wks weeks, inj injection, 2day today, 2nite tonight, 2moro tomorrow,
tmrw tomorrow, wen when, wiv with, tho though, thru through, thx thanks, jst just, lyk like,
bin been, preg pregnant, sinc since, ppl people, feelin feeling, nothin nothing, nuffin nothing
"""
TEXT_SPEAK: Mapping[str, Tuple[str, ...]] = {
    short: tuple(full) for short, *full in (entry.split() for entry in _TEXT_SPEAK.split(","))
}


class Speller:
    """Reads unknown words as known ones.

    ``targets`` are the words a slip may stand for, the most common first; ``known`` are further
    words that are no slips.
    """

    def __init__(self, targets: Sequence[str], known: FrozenSet[str]):
        self._known = known | frozenset(targets)
        self._rank = {word: rank for rank, word in enumerate(targets)}
        self._index: Dict[str, List[str]] = {}
        for word in targets:
            if len(word) >= SHORTEST and word.isalpha():
                for key in dict.fromkeys((word, *_without_one(word))):
                    self._index.setdefault(key, []).append(word)
        self._cache: Dict[str, str] = {}

    def repair(self, words: Sequence[str]) -> List[str]:
        """The words with text-speak written out and slips undone."""
        repaired: List[str] = []
        for word in words:
            if word in TEXT_SPEAK:
                repaired.extend(TEXT_SPEAK[word])
            elif word in self._known or len(word) < SHORTEST or not word.isalpha():
                repaired.append(word)
            else:
                repaired.append(self._nearest(word))
        return repaired

    def _nearest(self, word: str) -> str:
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) >= CACHE_WORDS:
                self._cache.clear()
            found = self._cache[word] = self._search(word)
        return found

    def _search(self, word: str) -> str:
        keys = (word, *_without_one(word))
        near = [
            target for key in keys for target in self._index.get(key, ()) if _one_slip(word, target)
        ]
        if not near and SHORTEST_FOR_TWO <= len(word) <= LONGEST_FOR_TWO:
            twice = {shorter for key in keys[1:] for shorter in _without_one(key)}
            near = [
                target
                for key in twice
                for target in self._index.get(key, ())
                if len(target) >= SHORTEST_FOR_TWO and target[0] == word[0]
            ]
        return min(near, key=self._rank.__getitem__, default=word)


def _without_one(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _one_slip(written: str, meant: str) -> bool:
    """Whether one letter was changed, left out, added, or swapped with the next."""
    at = 0
    while at < min(len(written), len(meant)) and written[at] == meant[at]:
        at += 1
    rest, wanted = written[at:], meant[at:]
    return (
        rest[1:] == wanted[1:]
        or rest[1:] == wanted
        or rest == wanted[1:]
        or (rest[1::-1] == wanted[:2] and rest[2:] == wanted[2:])
    )
