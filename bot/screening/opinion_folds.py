"""Training messages, what is held out of them together, and the copies they are learnt with."""

from __future__ import annotations

import zlib
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from bot.screening.opinion_augmentation import hurried, run_on, surrounded
from bot.screening.opinion_features import sentences

FOLDS = 5
SEED = 7
#: A harmless sentence of this many words at most may be run on to another message for training.
RUN_ON_WORDS = 12


class Example(NamedTuple):
    """One labelled message; ``theme`` names the idea and voice it was written in."""

    text: str
    label: int
    theme: str
    everyday: bool = False


def split_by_theme(examples: Sequence[Example]) -> np.ndarray:
    """The fold of each example, from 0 to ``FOLDS`` - 1; a theme is never split.

    Everyday talk is dealt out on its own, so that it does not move the other texts.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    folds = np.array([zlib.crc32(example.theme.encode("utf-8")) % FOLDS for example in examples])
    main = np.flatnonzero([not example.everyday for example in examples])
    labels = [examples[number].label for number in main]
    themes = [examples[number].theme for number in main]
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for fold, (_, held) in enumerate(splitter.split(labels, labels, themes)):
        folds[main[held]] = fold
    return folds


def copies(examples: Sequence[Example], folds: np.ndarray) -> Iterator[Tuple[int, str]]:
    """Number and text of each training copy: hurried, among idle words, among harmless sentences.

    The harmless sentences come from the fold of the message, so that a held-out text is nowhere.
    Everyday talk has the hurried copy only.
    """
    harmless: Dict[int, List[str]] = {fold: [] for fold in range(FOLDS)}
    for example, fold in zip(examples, folds, strict=True):
        if not (example.label or example.everyday):
            harmless[fold].extend(
                sentence
                for sentence in sentences(example.text)
                if len(sentence.split()) <= RUN_ON_WORDS
            )
    for number, (example, fold) in enumerate(zip(examples, folds, strict=True)):
        yield number, hurried(example.text, 0)
        if example.everyday:
            continue
        yield number, surrounded(example.text, 0)
        yield number, run_on(example.text, harmless[fold], 0)


def copies_of(examples: Sequence[Example], folds: np.ndarray) -> List[List[str]]:
    """The copies of each example."""
    found: List[List[str]] = [[] for _ in examples]
    for number, text in copies(examples, folds):
        found[number].append(text)
    return found
