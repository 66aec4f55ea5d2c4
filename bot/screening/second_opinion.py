"""The second, independent opinion: how probable is it that a message reports an emergency?

A small statistical model, trained on texts written for this project (``data/second_opinion``). It
shares nothing with the rules and may only raise a triage level. Words and letters decide most
messages in a fraction of a millisecond; one that they leave in doubt is read a second time, by the
meaning of its sentence. ``python -m bot.screening.opinion_training`` rebuilds the artefact beside
this file. Why this model: ``docs/decisions/0003-second-opinion.md`` and 0018.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Dict, Iterable, List, Mapping

import numpy as np

from bot.screening.opinion_features import fragments, meanings, pairs, phrases, pieces
from bot.screening.opinion_meaning import Meaning
from bot.screening.opinion_spelling import Speller
from bot.screening.sentence_vectors import SentenceVectors, is_cut, shared

ARTEFACT = Path(__file__).with_name("second_opinion.npz")
FEATURES = {"phrase": phrases, "fragment": fragments, "meaning": meanings, "pair": pairs}


class Model:
    """A logistic regression over phrases, pairs, letter runs and meanings, with its calibration."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._tables = [(feature, _table(arrays, kind)) for kind, feature in FEATURES.items()]
        self._speller = Speller(_words(arrays["targets"]), frozenset(_words(arrays["known"])))
        self._bias = float(arrays["bias"])
        self._slope, self._offset = (float(number) for number in arrays["calibration"])
        self._meaning = Meaning(arrays)
        self.data_sha256 = str(arrays["data_sha256"])

    def score(self, words: List[str]) -> float:
        """Log odds of an emergency before calibration, for the repaired tokens of one piece."""
        return self._bias + sum(_cosine(table, feature(words)) for feature, table in self._tables)

    def read(self, words: List[str]) -> List[str]:
        """The tokens with typing slips undone and text-speak written out."""
        return self._speller.repair(words)

    def raw(self, text: str) -> float:
        """The highest score among the message and its sentences."""
        return max(self.score(self.read(words)) for words in pieces(text))

    def first(self, raw: float) -> float:
        """Calibrated probability, 0 to 1, of a score: words and letters alone."""
        return 1.0 / (1.0 + math.exp(-self._slope * raw - self._offset))

    def probability(self, text: str, vectors: SentenceVectors) -> float:
        """Calibrated probability, 0 to 1, after a second reading where the first is in doubt.

        Without a vector the first reading counts. Of a long text the vector knows only the two
        ends, so there it may raise the probability and not lower it.
        """
        raw = self.raw(text)
        first = self.first(raw)
        if not self._in_doubt(first):
            return first
        vector = vectors.vector(text)
        if vector is None:
            return first
        second = self._meaning.probability(raw, vector)
        return max(first, second) if is_cut(text) else second

    def leaves_in_doubt(self, text: str) -> bool:
        """Return whether ``probability`` reads ``text`` a second time."""
        return self._in_doubt(self.first(self.raw(text)))

    def _in_doubt(self, first: float) -> bool:
        return self._meaning.low <= first < self._meaning.high


#: For every feature its weight (real) and its squared length (imaginary): one number to add up.
Table = Dict[str, complex]


def _table(arrays: Mapping[str, np.ndarray], kind: str) -> Table:
    names = _words(arrays[f"{kind}_names"])
    rarity = arrays[f"{kind}_rarity"].astype(float)
    weight = arrays[f"{kind}_weight"].astype(float)
    return dict(zip(names, (rarity * weight + 1j * rarity * rarity).tolist(), strict=True))


def _words(array: np.ndarray) -> List[str]:
    return array.tobytes().decode("utf-8").split("\n")


def _cosine(table: Table, found: Iterable[str]) -> float:
    total = sum(filter(None, map(table.get, found)), 0j)
    return total.real / math.sqrt(total.imag) if total else 0.0


@functools.lru_cache(maxsize=1)
def model() -> Model:
    """The committed model, read once."""
    with np.load(ARTEFACT, allow_pickle=False) as arrays:
        return Model(arrays)


def opinion(text: str) -> float:
    """Probability in [0, 1] that ``text`` reports a current emergency (triage.md EMERGENCY_NOW).

    For the writer or the person she writes about. Pure; never raises on any text; time grows
    linearly with the text and stops growing at ``opinion_features.MAX_CHARACTERS``.
    """
    return model().probability(text, shared())


def leaves_in_doubt(text: str) -> bool:
    """Return whether ``opinion`` needs the vector of ``text``, which takes ten times as long.

    Whoever serves many patients computes that vector beforehand, in a thread.
    """
    return model().leaves_in_doubt(text)
