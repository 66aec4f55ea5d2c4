"""A second reading of a message the intent model is unsure of, by the meaning of the sentence.

Words, letters and ideas answer most messages in a millisecond. What they are unsure of, often a
short question in words nobody trained on, is worth the time of a sentence vector and a linear
classifier over it (``second_reader.npz``, made by ``python -m bot.nlu.second_reader_training``).
The two readings are averaged in logarithms, so that neither alone decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Mapping, Optional, Sequence, Tuple

import numpy as np
from scipy.special import log_softmax, softmax

from bot.screening.sentence_vectors import SentenceVectors

WEIGHTS = Path(__file__).with_name("second_reader.npz")
#: The share of the second reading in the average.
SHARE = 0.5

Ranking = List[Tuple[str, float]]


class SecondReader:
    """Reads again what was read unsurely."""

    def __init__(
        self, vectors: SentenceVectors, weights: Optional[Mapping[str, np.ndarray]] = None
    ) -> None:
        """Read with ``weights``, by default the stored ones. Raises OSError without them."""
        self._vectors = vectors
        weights = np.load(WEIGHTS) if weights is None else weights
        self.intents: List[str] = [str(intent) for intent in weights["intents"]]
        self._mean = weights["mean"]
        self._coefficients = weights["coefficients"]
        self._intercept = weights["intercept"]

    def reread(self, text: str, ranking: Sequence[Tuple[str, float]]) -> Ranking:
        """Return ``ranking`` after the second reading; unchanged when there is no vector.

        An intent the second reader never learned keeps its place among the others.
        """
        vector = self._vectors.vector(text)
        if vector is None:
            return list(ranking)
        scores = (vector - self._mean) @ self._coefficients + self._intercept
        return combine(ranking, dict(zip(self.intents, log_softmax(scores), strict=True)))


def combine(first: Sequence[Tuple[str, float]], second: dict[str, float]) -> Ranking:
    """Return the weighted mean of a ranking and of logarithms of probabilities, as a ranking."""
    logs = np.log([max(probability, 1e-9) for _, probability in first])
    other = np.array([second.get(name, log) for (name, _), log in zip(first, logs, strict=True)])
    probabilities = softmax((1 - SHARE) * logs + SHARE * other)
    order = np.argsort(-probabilities, kind="stable")
    return [(first[at][0], float(probabilities[at])) for at in order]
