"""The second opinion's second reading: how near a message lies to texts of known meaning.

Words and letters miss what a sentence as a whole says. Where they leave doubt, the vector of the
sentence is compared with some thousand training texts (a Gaussian kernel, Nystroem's method), and
a regression weighs both readings. Numpy only; the vector itself is the work of
``sentence_vectors``. Trained by ``opinion_meaning_training``; measured in
``docs/decisions/0018-second-opinion-by-meaning.md``.
"""

from __future__ import annotations

import math
from typing import Mapping

import numpy as np

#: A landmark's coordinates are kept as whole numbers of this many steps to 1.
STEPS = 320.0


class Meaning:
    """Log odds of an emergency from a sentence vector and the first reading."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._landmarks = arrays["sentence_landmarks"].astype(np.float32) / STEPS
        self._lengths = (self._landmarks**2).sum(axis=1)
        self._weights = arrays["sentence_weights"].astype(np.float32)
        self._centre = arrays["sentence_centre"].astype(np.float32)
        self._width = float(arrays["sentence_width"])
        self._bias = float(arrays["sentence_bias"])
        self._mix = tuple(float(number) for number in arrays["sentence_mix"])
        self.low, self.high = (float(number) for number in arrays["sentence_band"])

    def score(self, vector: np.ndarray) -> float:
        """Log odds before calibration, from the vector alone."""
        return float(similarities(unit(vector - self._centre), self._landmarks, self._lengths,
                                  self._width) @ self._weights) + self._bias  # fmt: skip

    def probability(self, raw: float, vector: np.ndarray) -> float:
        """Calibrated probability from the first reading's score and the sentence vector."""
        words, meaning, offset = self._mix
        return 1.0 / (1.0 + math.exp(-words * raw - meaning * self.score(vector) - offset))


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors at length 1, one or a row each."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def similarities(
    vectors: np.ndarray, landmarks: np.ndarray, lengths: np.ndarray, width: float
) -> np.ndarray:
    """Gaussian similarity, 0 to 1, of unit vectors to each landmark of squared ``lengths``."""
    return np.exp(-width * (1.0 + lengths - 2.0 * (vectors @ landmarks.T)))
