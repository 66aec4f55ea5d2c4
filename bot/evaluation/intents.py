"""Questions with their intent or topic, what was read into them, and the figures of a reading.

"Out of scope" and "another medicine" both send her to somebody who knows, so either recognises a
question that is not ours. A guess below the fallback's threshold is asked about, not answered.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from bot.evaluation.cases import DATA, CasesError, read_lines
from bot.evaluation.statistics import Proportion, proportion

INTENTS_TEST = DATA / "intents_test.jsonl"
INTENTS_DEVELOPMENT = DATA / "intents_development.jsonl"
OUT_OF_SCOPE = "out_of_scope"
NOT_OURS = frozenset({OUT_OF_SCOPE, "other_medicine"})
ASKED = "nlu_fallback"

#: Topics of the real questions are coarser than our intents: any of these answers the question.
TOPICS: Dict[str, frozenset[str]] = {
    topic: frozenset(intents.split())
    for topic, intents in {
        "safety": "faq_safe_with_confirmed_deficiency faq_what_safe_means faq_extra_care",
        "harm_to_baby": "faq_harm_to_baby faq_safe_with_confirmed_deficiency",
        "injections_vs_oral": "faq_oral_instead faq_why_injections",
        "why_injections": "faq_why_injections faq_oral_instead",
        "confirm_deficiency_labs": "faq_what_confirmed_deficiency_changes faq_monitoring",
        "monitoring_followup": "faq_monitoring faq_how_quickly_levels_improve",
        "time_to_improve": "faq_how_quickly_levels_improve faq_monitoring",
        "dosing_schedule": "faq_dosing_schedule faq_missed_injection",
        "missed_injection": "faq_missed_injection faq_dosing_schedule",
        "side_effects": "faq_side_effects report_symptom",
        "urgent_reaction": "faq_urgent_reactions report_red_flag report_symptom",
        "other_b12": "faq_other_b12 faq_diet faq_extra_care faq_what_confirmed_deficiency_changes"
        " faq_injection_visit faq_why_injections faq_safe_with_confirmed_deficiency"
        " faq_oral_instead",
        "diet": "faq_diet faq_other_b12",
        "breastfeeding": "faq_breastfeeding",
        "out_of_scope": "out_of_scope other_medicine",
    }.items()
}


@dataclass(frozen=True)
class Question:
    """One message, the intents that are right for it, and how it is written."""

    id: str
    text: str
    right: frozenset[str]
    style: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is about what this service answers."""
        return not self.right & NOT_OURS


@dataclass(frozen=True)
class Reading:
    """A question, the intent it was read as, and that intent's probability."""

    question: Question
    intent: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the intent is one of the right ones."""
        return self.intent in self.question.right


@dataclass(frozen=True)
class Figures:
    """What a set of readings comes to. ``macro_f1`` has a bootstrap interval, the rest Wilson's."""

    macro_f1: Optional[Tuple[float, float, float]]
    accuracy: Proportion
    recognised: Proportion
    recognised_or_asked: Proportion
    turned_away: Proportion
    turned_away_or_asked: Proportion


def read_questions(path: Path) -> List[Question]:
    """Return the questions of a file with an ``intent`` a line. Raises CasesError."""
    questions = []
    for number, row in read_lines(path):
        if not row.get("intent"):
            raise CasesError(f'{path}, line {number}: need "intent"')
        right = frozenset({row["intent"]})
        questions.append(
            Question(str(row.get("id", number)), row["text"], right, row.get("style", ""))
        )
    return questions


def read_real(path: Path) -> Tuple[List[Question], List[str]]:
    """Return the questions of the set ``faq_real`` and topics that mean nothing here.

    Raises CasesError for a file that cannot be read.
    """
    questions, unknown = [], set()
    for number, row in read_lines(path):
        if row.get("set", "faq_real") != "faq_real":
            continue
        topic = str(row.get("label"))
        right = TOPICS.get(topic.removeprefix("faq_"))
        if right is None:
            unknown.add(topic)
            continue
        questions.append(Question(str(row.get("id", number)), row["text"], right, topic))
    return questions, sorted(unknown)


def figures(readings: Sequence[Reading], threshold: float) -> Figures:
    """Return the figures; below ``threshold`` a guess counts as asked about in the last of each."""
    ours = [each for each in readings if each.question.ours]
    others = [each for each in readings if not each.question.ours]
    # "Another medicine" is an intent of ours too: only "out of scope" itself is recognised here.
    out = [each for each in others if OUT_OF_SCOPE in each.question.right]
    named = [each for each in readings if len(each.question.right) == 1]
    return Figures(
        macro_f1=macro_f1(named) if len(named) == len(readings) and named else None,
        accuracy=_share(readings, lambda each: each.is_right),
        recognised=_share(out, lambda each: each.intent in NOT_OURS),
        recognised_or_asked=_share(
            out, lambda each: each.intent in NOT_OURS or each.confidence < threshold
        ),
        turned_away=_share(ours, lambda each: each.intent in NOT_OURS),
        turned_away_or_asked=_share(
            ours, lambda each: each.intent in NOT_OURS or each.confidence < threshold
        ),
    )


def _share(readings, holds) -> Proportion:  # type: ignore[no-untyped-def]
    return proportion(sum(map(holds, readings)), len(readings))


def macro_f1(readings: Sequence[Reading], repeats: int = 1000) -> Tuple[float, float, float]:
    """Return macro-F1 over the wanted intents with its 95 % bootstrap interval."""
    wanted = [next(iter(each.question.right)) for each in readings]
    names = sorted(set(wanted))
    code = {name: at for at, name in enumerate(names)}
    truth = np.array([code[name] for name in wanted])
    got = np.array([code.get(each.intent, -1) for each in readings])
    generator = np.random.default_rng(0)
    picks = generator.integers(0, len(truth), size=(repeats, len(truth)))
    values = [_macro(truth[pick], got[pick]) for pick in picks]
    low, high = np.percentile(values, [2.5, 97.5])
    return _macro(truth, got), float(low), float(high)


def _macro(truth: np.ndarray, got: np.ndarray) -> float:
    scores = []
    for name in np.unique(truth):
        hits = int(((truth == name) & (got == name)).sum())
        total = int((truth == name).sum()) + int((got == name).sum())
        scores.append(2 * hits / total)
    return float(np.mean(scores))


def per_intent(readings: Sequence[Reading]) -> List[Tuple[str, int, float, float, str]]:
    """Return for each wanted intent: its number, precision, recall and its commonest mistake."""
    rows = []
    wanted = sorted({next(iter(each.question.right)) for each in readings})
    for name in wanted:
        mine = [each for each in readings if name in each.question.right]
        read_so = [each for each in readings if each.intent == name]
        hits = sum(each.intent == name for each in mine)
        wrong = Counter(each.intent for each in mine if each.intent != name)
        mistake = "{} ({})".format(*wrong.most_common(1)[0]) if wrong else ""
        precision = hits / len(read_so) if read_so else float("nan")
        rows.append((name, len(mine), precision, hits / len(mine), mistake))
    return rows
