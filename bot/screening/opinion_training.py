"""Trains the second opinion: ``python -m bot.screening.opinion_training``.

Reads ``data/second_opinion/*.jsonl``, cross-validates by theme (near-variants of one idea never sit
on both sides of a split), calibrates on the held-out predictions, fits on everything and writes the
artefact. Deterministic: the same data give the same bytes. scikit-learn is imported inside the
functions that train, so that reading the texts, as the tests do, stays light.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

import numpy as np

from bot.screening.opinion_features import WORD_GROUPS, normalise, tokens
from bot.screening.second_opinion import ARTEFACT, FEATURES, Model

DATA = Path(__file__).resolve().parents[2] / "data" / "second_opinion"
LABELS = {"emergency": 1, "other": 0}
FOLDS = 5
SEED = 7
PENALTY = 10.0
#: A feature must occur in this many texts to be kept.
MINIMUM_TEXTS = {"phrase": 1, "fragment": 2, "meaning": 2}
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class Example(NamedTuple):
    """One labelled message; ``theme`` names the idea and voice it was written in."""

    text: str
    label: int
    theme: str


def data_files() -> List[Path]:
    """The training files, in a fixed order."""
    return sorted(DATA.glob("*.jsonl"))


def data_sha256() -> str:
    """Fingerprint of training texts and word groups, kept in the artefact for a test to compare."""
    digest = hashlib.sha256(WORD_GROUPS.read_bytes())
    for path in data_files():
        digest.update(path.name.encode("utf-8"))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_examples() -> List[Example]:
    """All training messages. Raises ValueError, naming file and line, on a malformed one."""
    examples = []
    for path in data_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                examples.append(Example(row["text"], LABELS[row["label"]], row["theme"]))
            except (ValueError, KeyError) as error:
                raise ValueError(
                    f"{path.name}:{number}: needs text, label (emergency or other) and theme"
                ) from error
    return examples


def _fit(examples: Sequence[Example]) -> Dict[str, np.ndarray]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion

    words = [tokens(normalise(example.text)) for example in examples]
    vectorisers = {
        kind: TfidfVectorizer(analyzer=feature, binary=True, min_df=MINIMUM_TEXTS[kind])
        for kind, feature in FEATURES.items()
    }
    matrix = FeatureUnion(list(vectorisers.items())).fit_transform(words)
    regression = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=2000)
    regression.fit(matrix, [example.label for example in examples])

    arrays: Dict[str, np.ndarray] = {"bias": regression.intercept_[0].astype(np.float32)}
    weights = regression.coef_[0]
    for kind, vectoriser in vectorisers.items():
        names = vectoriser.get_feature_names_out()
        own, weights = weights[: len(names)], weights[len(names) :]
        arrays[f"{kind}_names"] = np.frombuffer("\n".join(names).encode("utf-8"), dtype=np.uint8)
        arrays[f"{kind}_rarity"] = vectoriser.idf_.astype(np.float16)
        arrays[f"{kind}_weight"] = own.astype(np.float16)
    arrays["calibration"] = np.array([1.0, 0.0])
    arrays["data_sha256"] = np.array(data_sha256())
    return arrays


def _held_out_scores(examples: Sequence[Example]) -> np.ndarray:
    from sklearn.model_selection import StratifiedGroupKFold

    labels = [example.label for example in examples]
    themes = [example.theme for example in examples]
    scores = np.zeros(len(examples))
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for fold, (kept, held) in enumerate(splitter.split(labels, labels, themes), 1):
        print(f"  fold {fold} of {FOLDS}: {len(held)} texts held out", flush=True)
        model = Model(_fit([examples[i] for i in kept]))
        scores[held] = [model.raw(examples[i].text) for i in held]
    return scores


def _calibrate(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Slope and offset of Platt scaling: log odds = slope * score + offset."""
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e6).fit(scores[:, None], labels)
    return np.array([platt.coef_[0][0], platt.intercept_[0]])


def _report(probabilities: np.ndarray, labels: np.ndarray) -> None:
    from sklearn.metrics import roc_auc_score

    print(f"held-out area under the ROC curve: {roc_auc_score(labels, probabilities):.3f}")
    print("threshold  sensitivity  specificity")
    for threshold in THRESHOLDS:
        raised = probabilities >= threshold
        print(f"{threshold:9.2f}  {raised[labels == 1].mean():11.3f}"
              f"  {(~raised)[labels == 0].mean():11.3f}")  # fmt: skip


def main() -> None:
    """Cross-validate, calibrate, fit on all texts, write the artefact."""
    examples = read_examples()
    labels = np.array([example.label for example in examples])
    print(f"{len(examples)} texts, {labels.sum()} of them emergencies")
    scores = _held_out_scores(examples)
    calibration = _calibrate(scores, labels)
    _report(1.0 / (1.0 + np.exp(-calibration[0] * scores - calibration[1])), labels)
    print("fitting on all texts", flush=True)
    arrays = _fit(examples)
    arrays["calibration"] = calibration
    np.savez_compressed(ARTEFACT, **arrays)
    print(f"wrote {ARTEFACT.name}, {ARTEFACT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
