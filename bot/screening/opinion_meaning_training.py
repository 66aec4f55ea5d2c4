"""Trains the second opinion's second reading; called by ``bot.screening.opinion_training``.

The vectors are those of ``sentence_vectors``, kept under var/: without them the first training
takes some ten minutes on a quiet machine, later ones only pay for new texts.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from bot.screening.opinion_meaning import STEPS, similarities, unit
from bot.screening.vector_store import vectors_of

VECTORS = Path(__file__).resolve().parents[2] / "var" / "opinion_vectors.npz"
#: Training texts that every message is compared with.
LANDMARKS = 2_000
#: Width of the Gaussian: a similarity of exp(-2 * WIDTH * (1 - cosine)).
WIDTH = 0.7
#: Inverse strength of the regularisation, and where the fit stops.
PENALTY, ITERATIONS, TOLERANCE = 100.0, 300, 1e-3
#: Directions of the kernel below this eigenvalue are noise.
SMALLEST = 1e-4
SEED = 7
#: Folds that are held out: their texts are enough for the three numbers that mix the readings.
HELD_OUT_FOLDS = (0, 1)


class Texts(NamedTuple):
    """What is learned from: a vector each, the example it is of, and whether it is a copy."""

    vectors: np.ndarray
    owner: np.ndarray
    copy: np.ndarray


def read_texts(originals: Sequence[str], copies: Sequence[Sequence[str]]) -> Texts:
    """Return the vectors of the originals and of one copy of each, where it has several to choose.

    Which one is decided by the text itself: each kind of copy falls to a third of the texts.
    """
    chosen = [
        (number, each[zlib.crc32(originals[number].encode("utf-8")) % len(each)])
        for number, each in enumerate(copies)
        if len(each) > 1
    ]
    owner = [*range(len(originals)), *(number for number, _ in chosen)]
    texts = [*originals, *(text for _, text in chosen)]
    copy = np.arange(len(texts)) >= len(originals)
    return Texts(vectors_of(texts, VECTORS), np.array(owner), copy)


class Head(NamedTuple):
    """A fitted kernel regression, as ``opinion_meaning.Meaning`` stores it."""

    centre: np.ndarray
    landmarks: np.ndarray
    weights: np.ndarray
    bias: float

    def score(self, vectors: np.ndarray) -> np.ndarray:
        """Return the log odds of each vector, a row each."""
        return self._similar(unit(vectors - self.centre)) @ self.weights + self.bias

    def _similar(self, units: np.ndarray) -> np.ndarray:
        rounded = self.landmarks.astype(np.float32) / STEPS
        return similarities(units, rounded, (rounded**2).sum(axis=1), WIDTH)

    def arrays(self, mix: Sequence[float], band: Tuple[float, float]) -> Dict[str, np.ndarray]:
        """Return what the artefact keeps of it."""
        return {
            "sentence_centre": self.centre.astype(np.float32),
            "sentence_landmarks": self.landmarks,
            "sentence_weights": self.weights.astype(np.float32),
            "sentence_bias": np.array(self.bias),
            "sentence_width": np.array(WIDTH),
            "sentence_mix": np.array(mix),
            "sentence_band": np.array(band),
        }


def fit(texts: Texts, labels: np.ndarray, weights: np.ndarray, members: np.ndarray) -> Head:
    """Fit on the examples in ``members`` (a mask); ``labels`` and ``weights`` are per example."""
    from sklearn.linear_model import LogisticRegression

    used = np.flatnonzero(members[texts.owner])
    own = np.flatnonzero(members[texts.owner] & ~texts.copy)
    centre = texts.vectors[own].mean(axis=0)
    units = unit(texts.vectors[used] - centre)
    chosen = np.random.default_rng(SEED).choice(own, min(LANDMARKS, len(own)), replace=False)
    landmarks = unit(texts.vectors[np.sort(chosen)] - centre)
    stored = np.clip(np.round(landmarks * STEPS), -127, 127).astype(np.int8)
    head = Head(centre, stored, np.zeros(len(stored)), 0.0)
    rounded = stored.astype(np.float32) / STEPS
    # Nystroem: in these coordinates a plain regression is one over the kernel.
    values, directions = np.linalg.eigh(head._similar(rounded).astype(np.float64))
    kept = values > SMALLEST
    project = (directions[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    regression = LogisticRegression(C=PENALTY, max_iter=ITERATIONS, tol=TOLERANCE)
    owner = texts.owner[used]
    regression.fit(head._similar(units) @ project, labels[owner], sample_weight=weights[owner])
    return head._replace(
        weights=project @ regression.coef_[0], bias=float(regression.intercept_[0])
    )


def held_out(
    texts: Texts, labels: np.ndarray, weights: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Return the score of each example by a head that saw no text of its theme.

    Not a number for the examples of other folds than ``HELD_OUT_FOLDS``.
    """
    scores = np.full(len(labels), np.nan)
    for fold in HELD_OUT_FOLDS:
        outside = folds == fold
        scores[outside] = fit(texts, labels, weights, ~outside).score(
            texts.vectors[: len(labels)][outside]
        )
        print(f"  meaning, fold {fold + 1}: {outside.sum()} texts held out", flush=True)
    return scores


def mix(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> List[float]:
    """Return weight of the first reading, of the second one, and offset: log odds of both."""
    from sklearn.linear_model import LogisticRegression

    both = np.column_stack([first, second])
    stacked = LogisticRegression(C=1e6).fit(both, labels)
    return [*stacked.coef_[0], stacked.intercept_[0]]
