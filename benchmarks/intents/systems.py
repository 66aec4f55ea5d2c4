"""The systems that are compared: each learns from examples and ranks the intents of a text."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np
import yaml
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from bot.evaluation.diet import STOCK
from bot.nlu import reading
from bot.nlu.intent_model import C, IntentModel, class_weights
from bot.nlu.second_reader import SecondReader
from bot.nlu.second_reader_training import fit
from bot.screening.sentence_vectors import SIZE, SentenceVectors

Texts = Sequence[str]
Rank = Callable[[str], List[Tuple[str, float]]]
Learn = Callable[[Texts, Texts, np.ndarray, SentenceVectors], Rank]

#: How much a sentence vector counts beside words, letters and ideas in one model.
VECTOR_WEIGHT = 2.0


def ngrams(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """Words and letters with logistic regression."""
    return IntentModel(ideas=False).fit(texts, intents).rank


def ideas(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """Words, letters and ideas with logistic regression."""
    return IntentModel().fit(texts, intents).rank


def embeddings(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """A sentence vector with logistic regression."""
    reader = SecondReader(library, fit(vectors, intents))
    evenly = [(name, 1.0) for name in sorted(set(intents))]
    return lambda text: reader.reread(text, evenly)


def together(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """Words, letters, ideas and the sentence vector in one logistic regression."""
    model, library, mean = (
        IntentModel().fit(texts, intents),
        SentenceVectors(),
        vectors.mean(axis=0),
    )
    length = np.linalg.norm(vectors - mean, axis=1).mean() / VECTOR_WEIGHT
    classifier = LogisticRegression(
        C=C, max_iter=100, tol=0.01, class_weight=class_weights(intents)
    )
    features = [model.features(texts), csr_matrix((vectors - mean) / length)]
    classifier.fit(hstack(features).tocsr(), list(intents))

    def rank(text: str) -> List[Tuple[str, float]]:
        vector = library.vector(text)
        shifted = (np.zeros(SIZE) if vector is None else vector - mean) / length
        row = hstack([model.features([text]), csr_matrix(shifted)]).tocsr()
        found = classifier.predict_proba(row)[0]
        return sorted(zip(classifier.classes_, found, strict=True), key=lambda each: -each[1])

    return rank


def averaged(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """Both readings of every message, averaged."""
    model = IntentModel().fit(texts, intents)
    reader = SecondReader(library, fit(vectors, intents))
    return lambda text: reader.reread(text, model.rank(text))


def cascade(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """The second reading only where the first is unsure and the message may wait."""
    model = IntentModel().fit(texts, intents)
    reader = SecondReader(library, fit(vectors, intents))
    return lambda text: reading.read_twice(text, model, reader)


def diet(texts: Texts, intents: Texts, vectors: np.ndarray, library: SentenceVectors) -> Rank:
    """The stock DIET pipeline of Rasa 3.6, 100 epochs."""
    from rasa.core.agent import load_agent
    from rasa.model_training import train_nlu
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    examples: Dict[str, List[Dict[str, str]]] = {}
    for text, intent in zip(texts, intents, strict=True):
        examples.setdefault(intent, []).append({"text": _one_line(text)})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.yml").write_text(yaml.safe_dump(STOCK), encoding="utf-8")
        blocks = [{"intent": intent, "examples": given} for intent, given in examples.items()]
        (folder / "nlu.yml").write_text(
            yaml.safe_dump({"version": "3.1", "nlu": blocks}), encoding="utf-8"
        )
        train_nlu(
            config=str(folder / "config.yml"),
            nlu_data=str(folder / "nlu.yml"),
            output=name,
            fixed_model_name="diet.tar.gz",
        )
        agent = asyncio.run(load_agent(model_path=str(folder / "diet.tar.gz")))

    def rank(text: str) -> List[Tuple[str, float]]:
        parsed = asyncio.run(agent.parse_message(_one_line(text)))
        return [(each["name"], each["confidence"]) for each in parsed["intent_ranking"]]

    return rank


def _one_line(text: str) -> str:
    # A leading slash would be read as an intent name instead of text.
    return " ".join(text.split()).lstrip("/") or "?"


SYSTEMS: Dict[str, Learn] = {
    "ngrams": ngrams,
    "ideas": ideas,
    "embeddings": embeddings,
    "together": together,
    "averaged": averaged,
    "cascade": cascade,
    "diet": diet,
}
