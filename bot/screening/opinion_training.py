"""Trains the second opinion: ``python -m bot.screening.opinion_training``.

Reads ``data/second_opinion/*.jsonl``, cross-validates by theme (near-variants of one idea never sit
on both sides of a split), calibrates on the held-out predictions, fits on everything and writes the
artefact. Deterministic: the same texts and sentence vectors give the same bytes; how long the
vectors take says ``opinion_meaning_training``. scikit-learn is imported inside the functions that
train, so that reading the texts, as the tests do, stays light.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np

from bot.screening import opinion_meaning_training as meaning
from bot.screening.opinion_augmentation import FILLERS
from bot.screening.opinion_everyday import PREFIX, nlu_texts
from bot.screening.opinion_features import WORD_GROUPS, normalise, pieces, tokens
from bot.screening.opinion_folds import FOLDS, Example, copies, copies_of, split_by_theme
from bot.screening.opinion_spelling import Speller
from bot.screening.second_opinion import ARTEFACT, FEATURES

DATA = Path(__file__).resolve().parents[2] / "data" / "second_opinion"
#: Frequent English words, which are no slips even where no training text holds them.
WORD_LIST = DATA / "words.txt"
LABELS = {"emergency": 1, "other": 0}
PENALTY = 20.0
#: What one sentence of a harmless message weighs beside a whole message.
PIECE_WEIGHT = 0.5
#: A word in this many texts is learnt as it is written. One that the list of frequent words lacks
#: may be a slip itself; other slips are read as such a word only when it is in more texts.
LEARNT_TEXTS, UNLISTED_TEXTS = 2, 6
#: What a text of everyday talk weighs. It has no part in the balance of the labels and in the
#: calibration, so that the thresholds keep their meaning.
EVERYDAY_WEIGHT = 0.6
#: Probabilities of the first reading between which a message is read again: little comes of it
#: below, and above there is hardly a doubt. Few everyday messages are in between.
BAND = (0.12, 0.90)
#: Log odds added to the second reading: with it the whole raises as many false alarms on held-out
#: texts as with the first reading alone, and all that is gained finds emergencies.
LEAN = 0.28
#: A feature must occur in this many texts to be kept.
MINIMUM_TEXTS = {"phrase": 2, "fragment": 2, "meaning": 2, "pair": 2}
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def data_files() -> List[Path]:
    """The training files, in a fixed order."""
    return sorted(DATA.glob("*.jsonl"))


def data_sha256() -> str:
    """Fingerprint of texts, fillers and word groups, kept in the artefact for a test to compare.

    Not of ``data/nlu``: a new example question there does not call for a new training.
    """
    digest = hashlib.sha256(WORD_GROUPS.read_bytes())
    for path in [FILLERS, *data_files()]:
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
                label, everyday = LABELS[row["label"]], path.name.startswith(PREFIX)
                examples.append(Example(row["text"], label, row["theme"], everyday))
            except (ValueError, KeyError) as error:
                raise ValueError(
                    f"{path.name}:{number}: needs text, label (emergency or other) and theme"
                ) from error
    return examples


def read_everyday() -> List[Example]:
    """The examples of ``data/nlu`` that report nothing, as everyday talk."""
    return [Example(text, LABELS["other"], theme, True) for text, theme in nlu_texts()]


def build_speller(examples: Sequence[Example]) -> Tuple[List[str], List[str]]:
    """The words that a slip may stand for, the most common first, and the further known words."""
    counts = Counter(word for example in examples for word in set(tokens(normalise(example.text))))
    frequent = set(WORD_LIST.read_text(encoding="utf-8").split())
    targets = [
        word
        for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count >= (LEARNT_TEXTS if word in frequent else UNLISTED_TEXTS)
    ]
    learnt = {word for word, count in counts.items() if count >= LEARNT_TEXTS}
    return targets, sorted((frequent | learnt) - set(targets))


class Rows(NamedTuple):
    """Everything that is scored or learned from: one row of features per piece of a text."""

    matrices: List[Any]
    names: List[np.ndarray]
    owner: np.ndarray
    whole: np.ndarray
    copy: np.ndarray


def _rows(examples: Sequence[Example], folds: np.ndarray, speller: Speller) -> Rows:
    """Each message, each sentence of it, and its copies."""
    from sklearn.feature_extraction.text import CountVectorizer

    words: List[List[str]] = []
    owner, whole, copy = [], [], []
    for number, example in enumerate(examples):
        for place, piece in enumerate(pieces(example.text)):
            words.append(speller.repair(piece))
            owner.append(number)
            whole.append(place == 0)
            copy.append(False)
    for number, text in copies(examples, folds):
        words.append(speller.repair(tokens(normalise(text))))
        owner.append(number)
        whole.append(True)
        copy.append(True)
    vectorisers = {
        kind: CountVectorizer(analyzer=feature, binary=True, dtype=np.float32)
        for kind, feature in FEATURES.items()
    }
    matrices = [vectoriser.fit_transform(words) for vectoriser in vectorisers.values()]
    names = [vectoriser.get_feature_names_out() for vectoriser in vectorisers.values()]
    return Rows(matrices, names, np.array(owner), np.array(whole), np.array(copy))


class Fitted(NamedTuple):
    """A regression and what its features are scaled with, one entry per kind of feature."""

    kept: List[np.ndarray]
    rarity: List[np.ndarray]
    weight: List[np.ndarray]
    bias: float


def _unit_rows(matrix: Any, rarity: np.ndarray) -> Any:
    from sklearn.preprocessing import normalize

    return normalize(matrix.multiply(rarity).tocsr(), copy=False)


def _text_weights(labels: np.ndarray, everyday: np.ndarray) -> np.ndarray:
    """The weight of each text: both labels balanced, then everyday talk beside them."""
    counts = np.bincount(labels[~everyday], minlength=2)
    balance = counts.sum() / (2.0 * counts)
    return np.asarray(np.where(everyday, EVERYDAY_WEIGHT, balance[labels]))


def _weights(rows: Rows, labels: np.ndarray, everyday: np.ndarray, used: np.ndarray) -> np.ndarray:
    """The weight of each used row; balanced among them."""
    owner = rows.owner[used]
    piece = np.where(rows.whole[used], 1.0, PIECE_WEIGHT)
    return piece * _text_weights(labels[owner], everyday[owner])


def _fit(rows: Rows, labels: np.ndarray, everyday: np.ndarray, members: np.ndarray) -> Fitted:
    """Fit on the examples in ``members`` (a mask).

    Learned from: each whole message, its copies, and each sentence of a harmless message,
    because every part of it is harmless and parts are scored on their own at run time.
    """
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression

    target = labels[rows.owner]
    used = np.flatnonzero(members[rows.owner] & (rows.whole | (target == 0)))
    own = members[rows.owner] & rows.whole & ~rows.copy
    kept, rarity, parts = [], [], []
    for kind, matrix in zip(FEATURES, rows.matrices, strict=True):
        texts = np.asarray(matrix[np.flatnonzero(own)].sum(axis=0)).ravel()
        kept.append(np.flatnonzero(texts >= MINIMUM_TEXTS[kind]))
        rarity.append(1.0 + np.log((1.0 + own.sum()) / (1.0 + texts[kept[-1]])))
        parts.append(_unit_rows(matrix[used][:, kept[-1]], rarity[-1]))
    regression = LogisticRegression(C=PENALTY, max_iter=400, tol=1e-3)
    weights = _weights(rows, labels, everyday, used)
    regression.fit(hstack(parts).tocsr(), target[used], sample_weight=weights)
    ends = np.cumsum([len(each) for each in kept])[:-1]
    weight = np.split(regression.coef_[0], ends)
    return Fitted(kept, rarity, weight, float(regression.intercept_[0]))


def _score(rows: Rows, fitted: Fitted, chosen: np.ndarray) -> np.ndarray:
    """The highest score among the pieces of each example; minus infinity where none is chosen."""
    at = np.flatnonzero(chosen[rows.owner] & ~rows.copy)
    found = np.full(len(at), fitted.bias)
    for matrix, kept, rarity, weight in zip(
        rows.matrices, fitted.kept, fitted.rarity, fitted.weight, strict=True
    ):
        found += _unit_rows(matrix[at][:, kept], rarity) @ weight
    scores = np.full(len(chosen), -np.inf)
    np.maximum.at(scores, rows.owner[at], found)
    return scores


def held_out_scores(examples: Sequence[Example], folds: np.ndarray, rows: Rows) -> np.ndarray:
    """The score of each example by a model that saw no text of its theme."""
    labels = np.array([example.label for example in examples])
    everyday = np.array([example.everyday for example in examples])
    scores = np.full(len(examples), -np.inf)
    for fold in range(FOLDS):
        outside = folds == fold
        print(f"  fold {fold + 1} of {FOLDS}: {outside.sum()} texts held out", flush=True)
        scores[outside] = _score(rows, _fit(rows, labels, everyday, ~outside), outside)[outside]
    return scores


def _calibrate(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Slope and offset of Platt scaling: log odds = slope * score + offset."""
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e6).fit(scores[:, None], labels)
    return np.array([platt.coef_[0][0], platt.intercept_[0]])


def _probability(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def _report(probabilities: np.ndarray, labels: np.ndarray, everyday: np.ndarray) -> None:
    from sklearn.metrics import roc_auc_score

    main, target = probabilities[~everyday], labels[~everyday]
    print(f"held-out area under the ROC curve: {roc_auc_score(target, main):.3f}")
    print("threshold  sensitivity  specificity  everyday talk raised")
    for threshold in THRESHOLDS:
        raised = main >= threshold
        print(f"{threshold:9.2f}  {raised[target == 1].mean():11.3f}"
              f"  {(~raised)[target == 0].mean():11.3f}"
              f"  {(probabilities[everyday] >= threshold).sum()}")  # fmt: skip


def _arrays(rows: Rows, fitted: Fitted) -> Dict[str, np.ndarray]:
    arrays: Dict[str, np.ndarray] = {"bias": np.array(fitted.bias)}
    for number, kind in enumerate(FEATURES):
        arrays[f"{kind}_names"] = _listing(rows.names[number][fitted.kept[number]])
        arrays[f"{kind}_rarity"] = fitted.rarity[number].astype(np.float16)
        arrays[f"{kind}_weight"] = fitted.weight[number].astype(np.float16)
    return arrays


def _listing(words: Iterable[str]) -> np.ndarray:
    return np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)


def main() -> None:
    """Cross-validate, calibrate, fit on all texts, write the artefact."""
    examples = read_examples() + read_everyday()
    labels = np.array([example.label for example in examples])
    everyday = np.array([example.everyday for example in examples])
    print(f"{len(examples)} texts, {everyday.sum()} of them everyday talk, "
          f"{labels.sum()} emergencies", flush=True)  # fmt: skip
    targets, other_words = build_speller(examples)
    folds = split_by_theme(examples)
    rows = _rows(examples, folds, Speller(targets, frozenset(other_words)))
    print(f"{len(rows.owner)} pieces and copies", flush=True)
    scores = held_out_scores(examples, folds, rows)
    calibration = _calibrate(scores[~everyday], labels[~everyday])
    first = _probability(calibration[0] * scores + calibration[1])
    print("words and letters alone")
    _report(first, labels, everyday)
    weights = _text_weights(labels, everyday)
    texts = meaning.read_texts([each.text for each in examples], copies_of(examples, folds))
    second = meaning.held_out(texts, labels, weights, folds)
    seen = ~np.isnan(second)
    known = seen & ~everyday
    mix = meaning.mix(scores[known], second[known], labels[known])
    mix[-1] += LEAN
    again = (first >= BAND[0]) & (first < BAND[1])
    print(f"with the second reading of {again[known].mean():.1%} of {known.sum()} texts and "
          f"{again[seen & everyday].mean():.1%} of everyday talk")  # fmt: skip
    both = _probability(mix[0] * scores + mix[1] * second + mix[2])
    _report(np.where(again, both, first)[seen], labels[seen], everyday[seen])
    print("fitting on all texts", flush=True)
    everything = np.ones(len(examples), dtype=bool)
    arrays = _arrays(rows, _fit(rows, labels, everyday, everything))
    arrays.update(meaning.fit(texts, labels, weights, everything).arrays(mix, BAND))
    arrays.update(
        calibration=calibration,
        data_sha256=np.array(data_sha256()),
        targets=_listing(targets),
        known=_listing(other_words),
    )
    np.savez_compressed(ARTEFACT, **arrays)
    print(f"wrote {ARTEFACT.name}, {ARTEFACT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
