"""Measures the product on texts from elsewhere that carry coarse labels instead of our levels.

Nothing is known of the writer's injection, so every context is empty and read the safe way (G-07).
Texts labelled "ambiguous" are not scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

from bot.evaluation.cases import LabelledText, read_labelled, sha256
from bot.evaluation.measures import Answer, name, rank
from bot.evaluation.statistics import Proportion, proportion
from bot.evaluation.systems import JUDGES, Say, ask
from bot.triage.vocabulary import Level

#: What is asked of each label: the lowest level that catches it, or the lowest that disturbs.
CATCH: Dict[str, Level] = {
    "emergency": Level.EMERGENCY_NOW,
    "danger_sign": Level.URGENT_SAME_DAY,
}
SPARE: Dict[str, Level] = {
    "not_emergency": Level.EMERGENCY_NOW,
    "benign": Level.URGENT_SAME_DAY,
}
#: Labels of plain questions, whatever their topic, are spared an emergency.
ELSE = Level.EMERGENCY_NOW
UNSCORED = "ambiguous"


@dataclass(frozen=True)
class ForeignRow:
    """One set and label: the share that came out right, and how many levels of each kind."""

    system: str
    set: str
    label: str
    wanted: str
    right: Proportion
    levels: Dict[str, int]


@dataclass(frozen=True)
class ForeignResult:
    """Everything measured on one foreign file."""

    path: Path
    sha256: str
    rows: List[ForeignRow]
    errors: List[Tuple[LabelledText, Answer]]


def is_right(label: str, answer: Answer) -> bool:
    """Return whether the answer is right for a text with this label."""
    if label in CATCH:
        return rank(answer) >= CATCH[label]
    return rank(answer) < SPARE.get(label, ELSE)


def wanted(label: str) -> str:
    """Return in words what counts as right for the label."""
    if label in CATCH:
        return f"{name(CATCH[label])} or higher"
    return f"below {name(SPARE.get(label, ELSE))}"


def evaluate_foreign(path: Path, say: Say = print) -> ForeignResult:
    """Return how the product and its rules alone do on the file. Raises CasesError."""
    texts = [text for text in read_labelled(path) if text.label != UNSCORED]
    rows, errors = [], []
    for system, judge in JUDGES.items():
        say(f"{path.name}: {len(texts)} texts, {system}")
        answers = ask(judge, [text.text for text in texts])
        rows += _rows(system, texts, answers, _kind)
        if system == next(iter(JUDGES)):
            errors = [
                (text, answer)
                for text, answer in zip(texts, answers, strict=True)
                if not is_right(text.label, answer)
            ]
    return ForeignResult(path, sha256(path), rows, errors)


def _kind(text: LabelledText) -> str:
    known = text.label in CATCH or text.label in SPARE
    return text.label if known else "question"


def _rows(
    system: str,
    texts: Sequence[LabelledText],
    answers: Sequence[Answer],
    kind: Callable[[LabelledText], str],
) -> List[ForeignRow]:
    groups: Dict[Tuple[str, str], List[Answer]] = {}
    for text, answer in zip(texts, answers, strict=True):
        groups.setdefault((text.set, kind(text)), []).append(answer)
    rows = []
    for (group, label), given in sorted(groups.items()):
        levels: Dict[str, int] = {}
        for answer in given:
            levels[name(answer)] = levels.get(name(answer), 0) + 1
        right = sum(is_right(label, answer) for answer in given)
        rows.append(
            ForeignRow(system, group, label, wanted(label), proportion(right, len(given)), levels)
        )
    return rows
