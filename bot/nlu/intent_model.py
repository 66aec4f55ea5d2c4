"""The intent model: words, letters and ideas of a message, and a linear classifier over them.

Pure scikit-learn, no Rasa, so that it can be measured in seconds. docs/decisions has what else was
tried. Rare intents weigh more than their share, but only by its square root: with full balance any
question about something else is answered with a topic, with none a short question is turned away.
"""

from __future__ import annotations

from collections import Counter
from typing import List, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.nlu.concepts import concept_features
from bot.screening.opinion_features import normalise

#: How much the ideas count beside words and letters.
CONCEPT_WEIGHT = 1.5
#: Inverse strength of the regularisation.
C = 10.0
#: Square root of a usual number of examples: such an intent's examples weigh 1.
SCALE = 11.0
ITERATIONS = 100
TOLERANCE = 0.01


class IntentModel:
    """A classifier from a text to intents with probabilities. Pickled with the Rasa model."""

    def __init__(self) -> None:
        self._views = [
            (
                TfidfVectorizer(
                    preprocessor=normalise,
                    token_pattern=r"\w+",
                    ngram_range=(1, 2),
                    sublinear_tf=True,
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
                ),
                1.0,
            ),
            (TfidfVectorizer(analyzer=concept_features, use_idf=False, min_df=2), CONCEPT_WEIGHT),
        ]
        self._classifier = LogisticRegression(C=C, max_iter=ITERATIONS, tol=TOLERANCE)

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> IntentModel:
        """Learn from texts and their intents and return the model; needs two different intents."""
        views = [view.fit_transform(texts) * weight for view, weight in self._views]
        counts = Counter(intents)
        self._classifier.set_params(class_weight={i: counts[i] ** -0.5 * SCALE for i in counts})
        self._classifier.fit(hstack(views).tocsr(), list(intents))
        return self

    def rank(self, text: str) -> List[Tuple[str, float]]:
        """Return all intents with their probabilities, most probable first."""
        probabilities = self.probabilities([text])[0]
        order = np.argsort(-probabilities, kind="stable")
        return [(str(self.intents[i]), float(probabilities[i])) for i in order]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row for each text, one column for each of ``intents``."""
        return self._classifier.predict_proba(self._features(texts))

    @property
    def intents(self) -> np.ndarray:
        """The intents it can tell apart, in the order of the columns."""
        return self._classifier.classes_

    def _features(self, texts: Sequence[str]) -> csr_matrix:
        return hstack([view.transform(texts) * weight for view, weight in self._views]).tocsr()
