"""What is measured: the product, the product without its second opinion, and simpler systems."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from bot.assessment import assess_text
from bot.evaluation.cases import Case
from bot.evaluation.measures import Answer
from bot.screening import screen
from bot.screening.second_opinion import opinion
from bot.triage import assess
from bot.triage.vocabulary import Context

Say = Callable[[str], None]
Judge = Callable[[str, Context], Answer]


def product(text: str, context: Context) -> Answer:
    """Return the level that the product answers with."""
    return assess_text(text, context).level


def rules_only(text: str, context: Context) -> Answer:
    """Return the level of the rules without the second opinion."""
    return assess(screen(text), context).level


def explain(case: Case) -> str:
    """Return in one line which findings the product read, and which rules fired."""
    assessment = assess_text(case.text, case.context)
    findings = ", ".join(
        f"{finding.key} {finding.assertion.value} ({finding.experiencer.value})"
        for finding in assessment.findings
    )
    return f"[read: {findings or 'nothing'}; rules: {', '.join(assessment.rules) or 'none'}]"


def opinions(texts: Sequence[str]) -> List[float]:
    """Return the second opinion's probability of an emergency for each text."""
    return [opinion(text) for text in texts]


def ask(
    judge: Judge,
    texts: Sequence[str],
    contexts: Optional[Sequence[Context]] = None,
    say: Say = print,
    label: str = "",
) -> List[Answer]:
    """Return the answer of ``judge`` to each text, with a progress line every 250 texts."""
    answers = []
    for index, text in enumerate(texts):
        if label and index and index % 250 == 0:
            say(f"{label}: {index} of {len(texts)}")
        answers.append(judge(text, contexts[index] if contexts else Context()))
    return answers


#: The two whole systems, by the name in the report.
JUDGES: Dict[str, Judge] = {"rules and second opinion": product, "rules alone": rules_only}
