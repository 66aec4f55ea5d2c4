"""Compares answered levels with the levels the policy wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from bot.evaluation.cases import Case
from bot.evaluation.statistics import Proportion, proportion, upper_bound
from bot.triage.vocabulary import Level

Answer = Optional[Level]

#: From "no level" up, as rows and columns of the confusion matrix.
LEVELS: Tuple[Answer, ...] = (
    None,
    Level.SELF_CARE,
    Level.ROUTINE,
    Level.URGENT_SAME_DAY,
    Level.EMERGENCY_NOW,
)


@dataclass(frozen=True)
class Detection:
    """How well emergencies are told from the rest."""

    sensitivity: Proportion
    specificity: Proportion


@dataclass(frozen=True)
class Triage:
    """Everything measured on one run over the cases."""

    detection: Detection
    confusion: List[List[int]]
    exact: Proportion
    under: Proportion
    under_upper_bound: float
    missed: Proportion
    missed_upper_bound: float
    over: Proportion


def rank(answer: Answer) -> int:
    """Return how urgent the answer is; 0 is no level."""
    return 0 if answer is None else int(answer)


def name(answer: Answer) -> str:
    """Return the level's name, or "no level"."""
    return "no level" if answer is None else answer.name


def detection(alarms: Sequence[bool], emergencies: Sequence[bool]) -> Detection:
    """Return sensitivity and specificity of ``alarms`` for ``emergencies``."""
    pairs = list(zip(alarms, emergencies, strict=True))
    hits = [alarm for alarm, emergency in pairs if emergency]
    quiet = [not alarm for alarm, emergency in pairs if not emergency]
    return Detection(proportion(sum(hits), len(hits)), proportion(sum(quiet), len(quiet)))


def alarms(answers: Sequence[Answer]) -> List[bool]:
    """Return which answers are EMERGENCY_NOW."""
    return [answer is Level.EMERGENCY_NOW for answer in answers]


def measure(cases: Sequence[Case], answers: Sequence[Answer]) -> Triage:
    """Return every figure of the report for these answers.

    Under-triage is a lower level than the policy's, among messages that have one; over-triage a
    higher one, among messages that are no emergency. ``missed`` is under-triage of emergencies.
    """
    position = {level: index for index, level in enumerate(LEVELS)}
    confusion = [[0] * len(LEVELS) for _ in LEVELS]
    for case, answer in zip(cases, answers, strict=True):
        confusion[position[case.level]][position[answer]] += 1
    found = detection(alarms(answers), [case.emergency for case in cases])
    steps = [rank(answer) - rank(case.level) for case, answer in zip(cases, answers, strict=True)]
    levelled = sum(case.level is not None for case in cases)
    under = sum(step < 0 for step in steps)
    emergencies = found.sensitivity.total
    missed = emergencies - found.sensitivity.count
    return Triage(
        detection=found,
        confusion=confusion,
        exact=proportion(sum(step == 0 for step in steps), len(steps)),
        under=proportion(under, levelled),
        under_upper_bound=upper_bound(under, levelled),
        missed=proportion(missed, emergencies),
        missed_upper_bound=upper_bound(missed, emergencies),
        over=proportion(sum(step > 0 for step in steps), len(cases) - emergencies),
    )


def by_group(
    cases: Sequence[Case], answers: Sequence[Answer], group: Callable[[Case], str]
) -> Dict[str, Triage]:
    """Return the figures for each group of cases, in alphabetical order."""
    groups: Dict[str, Tuple[List[Case], List[Answer]]] = {}
    for case, answer in zip(cases, answers, strict=True):
        members, given = groups.setdefault(group(case), ([], []))
        members.append(case)
        given.append(answer)
    return {key: measure(*groups[key]) for key in sorted(groups)}
