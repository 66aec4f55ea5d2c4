"""The intent model: words, letters and ideas of a message, and a linear classifier over them.

Pure scikit-learn, no Rasa, so that it can be measured in seconds. docs/decisions has what else was
tried. Rare intents weigh more than their share, but only by its square root: with full balance any
question about something else is answered with a topic, with none a short question is turned away.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
from scipy.sparse import hstack
from scipy.special import softmax
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from bot.nlu.concepts import concept_features
from bot.screening.opinion_features import normalise

#: How much the ideas count beside words and letters.
CONCEPT_WEIGHT = 1.5
#: Inverse strength of the regularisation.
C = 10.0
#: Square root of a usual number of examples: such an intent's examples weigh 1.
SCALE = 11.0
#: How much more an out-of-scope text weighs: answering one with a topic is the worse mistake.
OUT_OF_SCOPE_WEIGHT = 1.5
ITERATIONS = 100
TOLERANCE = 0.01


def class_weights(intents: Sequence[str]) -> Dict[str, float]:
    """Return how much an example of each intent weighs: less, the more there are of it."""
    weights = {intent: SCALE / count**0.5 for intent, count in Counter(intents).items()}
    if "out_of_scope" in weights:
        weights["out_of_scope"] *= OUT_OF_SCOPE_WEIGHT
    return weights


class IntentModel:
    """A classifier from a text to intents with probabilities. Pickled with the Rasa model."""

    def __init__(self, ideas: bool = True) -> None:
        """Start untrained; without ``ideas`` it reads words and letters alone (for comparison)."""
        self._views = [
            (
                TfidfVectorizer(
                    preprocessor=normalise,
                    token_pattern=r"\w+",
                    ngram_range=(1, 2),
                    sublinear_tf=True,
                    dtype=np.float32,
                ),
                1.0,
            ),
            (
                TfidfVectorizer(
                    preprocessor=normalise,
                    analyzer="char_wb",
                    ngram_range=(3, 4),
                    min_df=2,
                    sublinear_tf=True,
                    dtype=np.float32,
                ),
                1.0,
            ),
            (
                TfidfVectorizer(
                    analyzer=concept_features, use_idf=False, min_df=2, dtype=np.float32
                ),
                CONCEPT_WEIGHT,
            ),
        ]
        if not ideas:
            self._views.pop()
        self.intents: List[str] = []

    def features(self, texts: Sequence[str]) -> Any:
        """Return the weighted features as a sparse matrix, a row for each text, once trained."""
        return hstack([view.transform(texts) * weight for view, weight in self._views]).tocsr()

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> IntentModel:
        """Learn from texts and their intents, three or more different ones; return the model."""
        views = [view.fit_transform(texts) * weight for view, weight in self._views]
        classifier = LogisticRegression(
            C=C, max_iter=ITERATIONS, tol=TOLERANCE, class_weight=class_weights(intents)
        )
        classifier.fit(hstack(views).tocsr(), list(intents))
        self.intents = [str(intent) for intent in classifier.classes_]
        # One part for each view, a row for each feature: scikit-learn would copy them each time.
        ends = np.cumsum([view.shape[1] for view in views])[:-1]
        parts = np.split(classifier.coef_.T.astype(np.float32), ends)
        self._coefficients = [
            np.ascontiguousarray(part * weight)
            for part, (_, weight) in zip(parts, self._views, strict=True)
        ]
        self._intercept = classifier.intercept_
        return self

    def rank(self, text: str) -> List[Tuple[str, float]]:
        """Return all intents with their probabilities, most probable first."""
        probabilities = self.probabilities([text])[0]
        order = np.argsort(-probabilities, kind="stable")
        return [(self.intents[i], float(probabilities[i])) for i in order]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row for each text, one column for each of ``intents``."""
        parts = zip(self._views, self._coefficients, strict=True)
        scores = sum(_transformed(view, texts) @ coefficients for (view, _), coefficients in parts)
        return softmax(scores + self._intercept, axis=1)


def _transformed(view: TfidfVectorizer, texts: Sequence[str]) -> Any:
    """Return what ``view.transform`` returns.

    scikit-learn first checks that it was trained, and for that adds up a matrix as large as the
    vocabulary: as long as everything else here takes.
    """
    counts = CountVectorizer.transform(view, texts)
    if view.sublinear_tf:
        counts.data = np.log(counts.data) + 1
    if view.use_idf:
        counts = counts @ view._tfidf._idf_diag
    return normalize(counts, norm=view.norm, copy=False)
