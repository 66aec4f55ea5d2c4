"""Trains the second reader: ``python -m bot.nlu.second_reader_training``, some minutes.

Run it after adding training texts; without it the reader knows the texts of its last training. The
vectors of texts already seen are kept under var/, so that a later run only pays for new texts.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.nlu.intent_model import class_weights
from bot.nlu.second_reader import WEIGHTS
from bot.screening.sentence_vectors import SentenceVectors, clean
from bot.screening.vector_store import vectors_of
from bot.settings import PROJECT
from bot.yaml_files import read_yaml

#: Inverse strength of the regularisation, for vectors brought to a mean length of 1.
C = 30.0
ITERATIONS = 300


class KnownVectors(SentenceVectors):
    """Sentence vectors that remember those of the training texts, for measuring on folds."""

    def __init__(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        super().__init__()
        self._known = dict(zip(map(clean, texts), vectors, strict=True))

    def vector(self, text: str) -> Optional[np.ndarray]:
        """Return the vector of ``text``, from memory where it is known."""
        known = self._known.get(clean(text))
        return super().vector(text) if known is None else known


def examples(folder: Path = PROJECT / "data" / "nlu") -> Tuple[List[str], List[str]]:
    """Return the training texts and their intents."""
    texts: List[str] = []
    intents: List[str] = []
    for path in sorted(folder.glob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            for line in block.get("examples", "").splitlines() if "intent" in block else ():
                texts.append(line.strip().removeprefix("- "))
                intents.append(block["intent"])
    return texts, intents


def fit(vectors: np.ndarray, intents: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the weights of a linear classifier as ``SecondReader`` stores them."""
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    length = np.linalg.norm(centred, axis=1).mean()
    classifier = LogisticRegression(
        C=C, max_iter=ITERATIONS, tol=0.01, class_weight=class_weights(intents)
    )
    classifier.fit(centred / length, list(intents))
    return {
        "intents": classifier.classes_.astype(str),
        "mean": mean,
        "coefficients": (classifier.coef_.T / length).astype(np.float32),
        "intercept": classifier.intercept_,
    }


def main() -> None:
    """Train on the project's texts and write the weights."""
    texts, intents = examples()
    weights = fit(vectors_of(texts), intents)
    np.savez_compressed(WEIGHTS, **weights)
    print(f"{WEIGHTS.name}: {len(texts)} texts, {len(weights['intents'])} intents")


if __name__ == "__main__":
    main()
