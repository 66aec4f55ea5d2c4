"""Which emergency text fits an assessment: the values of the slot ``emergency_kind``."""

from __future__ import annotations

from typing import Iterable, List

from bot.triage.vocabulary import Assertion, Assessment, Experiencer, Finding, Subtype

#: Findings whose text differs from that of their sub-type (responses.md 2.3 and 3). In this order:
#: a plan or a voice decides the wording of a crisis before a passive wish does.
KIND_OF_FINDING = (
    ("MH-01", "crisis_intent"),
    ("MH-04", "psychosis"),
    ("MH-03", "harm_to_baby"),
    ("MH-02", "crisis_passive"),
    ("MH-07", "danger"),
    ("SK-08", "severe_skin"),
    ("IS-06", "severe_skin"),
    ("NE-06", "seizure"),
    ("OB-10", "seizure"),
    ("NE-07", "stroke"),
    ("OB-04", "bleeding"),
)
#: The kinds whose text is that of a mental health crisis. "danger" (violence) is none of them.
CRISIS = frozenset({"crisis_intent", "crisis_passive", "harm_to_baby", "psychosis"})
#: Rules that name the severe skin reaction and sepsis whatever the findings are called.
KIND_OF_RULE = {"C-15": "severe_skin", "C-21": "sepsis", "C-22": "sepsis"}
KIND_OF_SUBTYPE = {
    Subtype.ALLERGIC: "allergic",
    Subtype.CARDIORESP: "cardioresp",
    Subtype.NEURO: "neuro",
    Subtype.OBSTETRIC: "obstetric",
    Subtype.INFECTION: "sepsis",
    Subtype.MENTAL_HEALTH_CRISIS: "crisis_passive",
}


def emergency_kind(assessment: Assessment) -> str:
    """Return the wording of an emergency, one of the values in docs/architecture.md.

    The sub-type leads; a finding or rule may choose a narrower text within it. An allergic reaction
    keeps its own text whatever else was said (triage.md section 1).
    """
    present = _present(assessment)
    if present and all(finding.experiencer is Experiencer.OTHER for finding in present):
        return "other_person"
    if assessment.subtype is Subtype.ALLERGIC:
        return "allergic"
    keys = {finding.key for finding in present} | set(assessment.rules[:1])
    crisis = assessment.subtype is Subtype.MENTAL_HEALTH_CRISIS
    for key, kind in KIND_OF_FINDING:
        if key in keys and (kind in CRISIS) == crisis:
            return kind
    for rule in assessment.rules:
        if rule in KIND_OF_RULE and not crisis:
            return KIND_OF_RULE[rule]
    if assessment.subtype is None:
        return "other"
    return KIND_OF_SUBTYPE.get(assessment.subtype, "other")


def mentions_crisis(findings: Iterable[Finding]) -> bool:
    """Return whether crisis text is due beside another emergency text (triage.md section 1)."""
    crisis_keys = {key for key, kind in KIND_OF_FINDING if kind in CRISIS}
    return any(f.key in crisis_keys and f.assertion is Assertion.PRESENT for f in findings)


def _present(assessment: Assessment) -> List[Finding]:
    return [f for f in assessment.findings if f.assertion is Assertion.PRESENT]
