"""One spelling per word: text-speak, inflection and typing errors folded to the lexicon's words.

The cost per word is a dictionary lookup: deletions of every lexicon word are computed at load
(the idea of SymSpell), and results are cached. Words of general English are never corrected.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import Dict, FrozenSet, Iterable, List, Mapping, Set, Tuple

_REPEATS = re.compile(r"([a-z])\1{2,}")
_DOUBLES = re.compile(r"([a-z])\1+")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}
)
_DOUBLED_END = re.compile(r"(?:([bdgmnprt])\1)$")
_LONGEST_WORD = 24
_MOST_PIECES = 5
_SHORT_PIECES = frozenset(
    ["i", "my", "is", "to", "so", "in", "of", "it", "no", "up", "im", "me", "on"]
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
#: Keys that a thumb hits instead: beside, above and below on a phone.
_BESIDE = {
    letter: "".join(
        row[max(0, place - 1) : place + 2]
        for row in _ROWS[max(0, line - 1) : line + 2]
        for place in [_ROWS[line].index(letter)]
    ).replace(letter, "")
    for line, keys in enumerate(_ROWS)
    for letter in keys
}


def stem(word: str, families: Mapping[str, str]) -> str:
    """The word without its English inflection: ``swelling``, ``swells`` and ``swollen`` agree."""
    family = families.get(word)
    if family is not None:
        return family
    size = len(word)
    if size < 4 or not word.isascii():
        return word
    if word.endswith("ies") and size > 4:
        return word[:-3] + "y"
    base = word
    if word.endswith("ing") and size > 5:
        base = _DOUBLED_END.sub(r"\1", word[:-3])
    elif word.endswith("ed") and size > 4:
        base = _DOUBLED_END.sub(r"\1", word[:-2])
    elif word.endswith("es") and size > 4:
        base = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        base = word[:-1]
    if base.endswith("e") and len(base) > 3:
        base = base[:-1]
    return families.get(base, base)


class Speller:
    """Maps a token to the lexicon words it stands for.

    ``expansions`` are text-speak and contractions, ``targets`` the words that typing errors may be
    corrected to, ``guard`` the general words that may never be corrected.
    """

    def __init__(
        self,
        expansions: Mapping[str, Tuple[str, ...]],
        families: Mapping[str, str],
        targets: Iterable[str],
        known: Iterable[str],
        guard: FrozenSet[str],
        preferred: FrozenSet[str] = frozenset(),
        last_resort: FrozenSet[str] = frozenset(),
        sounds_like: Mapping[str, Tuple[str, ...]] = MappingProxyType({}),
    ):
        self._sounds_like = sounds_like
        self._expansions = expansions
        self._families = families
        self._targets: Set[str] = {w for w in targets if w.isascii() and w.isalpha()}
        self._known: Set[str] = set(known) | (self._targets - set(expansions))
        self._guard = guard
        self._preferred = preferred
        self._last_resort = last_resort
        self._deletions: Dict[str, List[str]] = {}
        for word in sorted(self._targets):
            for piece in _deletions(word, _reach(len(word))):
                self._deletions.setdefault(piece, []).append(word)
        self._candidates = lru_cache(maxsize=2_000)(self._find_candidates)
        self.resolve = lru_cache(maxsize=50_000)(self._resolve)
        self.other_readings = lru_cache(maxsize=50_000)(self._other_readings)

    def is_target(self, word: str) -> bool:
        """Whether the word, as spelt, is one that the lexicon looks for."""
        return word in self._targets

    def is_ordinary(self, word: str) -> bool:
        """Whether the word, as spelt, is one of the lexicon's or of general English."""
        return self._is_known(word) or word in self._expansions

    def stem(self, word: str) -> str:
        """The word without its inflection."""
        return stem(word, self._families)

    def _resolve(self, typed: str) -> Tuple[Tuple[str, str], ...]:
        """(word, stem) pairs for a typed token; more than one for contractions and joined words."""
        return tuple((word, self.stem(word)) for word in self._words(typed))

    def _words(self, typed: str) -> Tuple[str, ...]:
        if typed in self._expansions:
            return self._expansions[typed]
        if not typed.isascii() or len(typed) < 3 or typed.isdigit():
            return (typed,)
        if self._is_known(typed):
            return (typed,)
        plain = typed if typed.isalpha() else typed.translate(_LEET)
        if not plain.isalpha():
            return (typed,)
        for form in (plain, _REPEATS.sub(r"\1\1", plain), _REPEATS.sub(r"\1", plain)):
            if form in self._expansions:
                return self._expansions[form]
            if self._is_known(form):
                return (form,)
        squeezed = _REPEATS.sub(r"\1", plain)
        corrected = self.correct(_REPEATS.sub(r"\1\1", plain)) or self.correct(squeezed)
        if corrected:
            return self._expansions.get(corrected, (corrected,))
        undoubled = _DOUBLES.sub(r"\1", plain)
        corrected = self.correct(undoubled) if undoubled != squeezed else ""
        if corrected:
            return self._expansions.get(corrected, (corrected,))
        if undoubled in self._expansions:
            return self._expansions[undoubled]
        if self._is_known(undoubled):
            return (undoubled,)
        return self._split(squeezed) or (typed,)

    def _is_known(self, word: str) -> bool:
        return word in self._known or word in self._guard

    def correct(self, word: str) -> str:
        """The nearest lexicon word within reach of a typing error, or an empty string."""
        candidates = self._candidates(word)
        return candidates[0][-1] if candidates else ""

    def _find_candidates(self, word: str) -> List[Tuple[int, int, int, str]]:
        """Lexicon words within reach, the likeliest first: edits, kind of slip, importance."""
        size = len(word)
        if size < 3 or size > _LONGEST_WORD:
            return []
        found: Dict[str, Tuple[int, int, int, str]] = {}
        letters = sorted(word)
        for piece in _deletions(word, _reach(size)) if size > 3 else (word,):
            for target in self._deletions.get(piece, ()):
                if target in found or target == word:
                    continue
                if size == 3 and (len(target) != 4 or target[-1] != word[-1]):
                    continue
                # What _plausible asks for in any case, before the costly distance.
                if (
                    word[0] != target[0]
                    and (size < 6 or word[-1] != target[-1])
                    and letters != sorted(target)
                ):
                    continue
                allowed = 1 if size == 3 else min(_reach(size), _reach(len(target)))
                distance = _distance(word, target, allowed)
                if distance > allowed or not _plausible(word, target, distance):
                    continue
                weight = 0 if target in self._preferred else 2 if target in self._last_resort else 1
                found[target] = (distance, _unlikelihood(word, target), weight, target)
        return sorted(found.values())

    def _other_readings(self, typed: str) -> Tuple[Tuple[str, str], ...]:
        """What else a word may have been meant as, likeliest first; for most words nothing.

        A word of general English may be a slip for one of the lexicon's ("chest pan"), and a
        mistyped word may be as near to a second one. Only the words beside it can tell.
        """
        if not typed.isascii() or not typed.isalpha() or len(typed) < 3:
            return ()
        heard = tuple((word, self.stem(word)) for word in self._sounds_like.get(typed, ()))
        if heard or typed in self._expansions or typed in self._known:
            return heard
        candidates = self._candidates(typed)
        if not candidates:
            return ()
        if typed not in self._guard:
            candidates = [c for c in candidates if c[0] == candidates[0][0]][1:]
        else:
            candidates = [c for c in candidates if c[0] == 1 and c[1] < 2]
        words = [c[-1] for c in candidates if c[-1] not in self._expansions]
        return tuple((word, self.stem(word)) for word in words[:6])

    def _split(self, word: str) -> Tuple[str, ...]:
        """The fewest known words typed without a space, one a target ("mythroatistight")."""
        size = len(word)
        if size < 6 or size > 2 * _LONGEST_WORD:
            return ()
        most = 3 if size < 12 else _MOST_PIECES
        best: Dict[int, Tuple[str, ...]] = {size: ()}
        for start in range(size - 1, -1, -1):
            for end in range(min(size, start + _LONGEST_WORD), start, -1):
                rest = best.get(end)
                if rest is None or len(rest) >= most or not self._is_piece(word[start:end]):
                    continue
                if start not in best or len(rest) + 1 < len(best[start]):
                    best[start] = (word[start:end], *rest)
        pieces = best.get(0, ())
        if len(pieces) < 2 or not any(len(p) > 3 and p in self._targets for p in pieces):
            return ()
        return tuple(w for piece in pieces for w in self._expansions.get(piece, (piece,)))

    def _is_piece(self, word: str) -> bool:
        if len(word) < 3:
            return word in _SHORT_PIECES
        return word in self._known or word in self._expansions


def _reach(size: int) -> int:
    """How many edits a word of this length may be away."""
    if size < 4:
        return 0
    return 1 if size < 6 else 2


def _plausible(typed: str, target: str, distance: int) -> bool:
    """Whether a finger would slip so: first letters are rarely wrong, both ends hardly ever."""
    swapped = sorted(typed) == sorted(target)
    same_start = typed[0] == target[0]
    same_end = typed[-1] == target[-1]
    if len(typed) < 6 and not same_start:
        return swapped and distance == 1
    if distance > 1 and len(typed) < 7:
        return same_start and same_end
    return same_start or same_end or swapped


def _unlikelihood(typed: str, target: str) -> int:
    """0 for letters swapped or doubled, 1 for one lost or the key beside it, 2 for the rest."""
    if sorted(typed) == sorted(target) or _DOUBLES.sub(r"\1", typed) == _DOUBLES.sub(r"\1", target):
        return 0
    if typed[0] != target[0] or typed[-1] != target[-1]:
        return 3
    if len(typed) < len(target):
        return 1
    if len(typed) == len(target):
        beside = all(a == b or b in _BESIDE.get(a, "") for a, b in zip(typed, target, strict=True))
        return 1 if beside else 2
    return 2


def _deletions(word: str, reach: int) -> Set[str]:
    """The word and all its forms with up to ``reach`` letters left out."""
    found = {word}
    for count in range(1, min(reach, len(word) - 2) + 1):
        for keep in combinations(range(len(word)), len(word) - count):
            found.add("".join(word[i] for i in keep))
    return found


def _distance(a: str, b: str, limit: int) -> int:
    """Edits (letter added, lost, changed, or two swapped) between two words, capped above limit."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: List[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        older, before = before, row
        row = [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
