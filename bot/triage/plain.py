"""Assessments as plain data that JSON can hold, and back: for messages between the two services."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from bot.triage.vocabulary import Ago, Assertion, Assessment, Experiencer, Finding, Level, Subtype


def assessment_as_plain(assessment: Assessment) -> Dict[str, Any]:
    """Return the assessment as lists, strings and numbers."""
    return {
        "level": assessment.level.name if assessment.level is not None else None,
        "subtype": assessment.subtype.value if assessment.subtype is not None else None,
        "rules": list(assessment.rules),
        "findings": [finding_as_plain(finding) for finding in assessment.findings],
        "question": assessment.question,
        "action_line": assessment.action_line,
        "flags": list(assessment.flags),
        "summary": assessment.summary,
    }


def assessment_from_plain(data: Mapping[str, Any]) -> Assessment:
    """Return the assessment written by ``assessment_as_plain``.

    Raises KeyError or ValueError when the data was not written by it.
    """
    return Assessment(
        level=Level[data["level"]] if data["level"] else None,
        subtype=Subtype(data["subtype"]) if data["subtype"] else None,
        rules=tuple(data["rules"]),
        findings=tuple(finding_from_plain(finding) for finding in data["findings"]),
        question=data["question"],
        action_line=data["action_line"],
        flags=tuple(data["flags"]),
        summary=data["summary"],
    )


def finding_as_plain(finding: Finding) -> Dict[str, Any]:
    """Return the finding as lists, strings and numbers."""
    return {
        "key": finding.key,
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
        "assertion": finding.assertion.value,
        "experiencer": finding.experiencer.value,
        "attributes": sorted(finding.attributes),
        "when": [finding.when.least, finding.when.most] if finding.when else None,
        "values": dict(finding.values),
    }


def finding_from_plain(data: Mapping[str, Any]) -> Finding:
    """Return the finding written by ``finding_as_plain``. Raises KeyError or ValueError."""
    return Finding(
        key=data["key"],
        start=data["start"],
        end=data["end"],
        text=data["text"],
        assertion=Assertion(data["assertion"]),
        experiencer=Experiencer(data["experiencer"]),
        attributes=frozenset(data["attributes"]),
        when=Ago(*data["when"]) if data["when"] else None,
        values=dict(data["values"]),
    )
