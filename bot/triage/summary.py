"""One plain sentence for the nurse: what is present, gone, denied and not known. No diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING, AbstractSet, List, Sequence

from bot.triage.vocabulary import Assertion, Experiencer, Finding, Screening

if TYPE_CHECKING:
    from bot.triage.table import Table

_PARTS = (
    ("Reports", Assertion.PRESENT),
    ("says is gone", Assertion.RESOLVED),
    ("tells as history", Assertion.HISTORICAL),
    ("asks about", Assertion.HYPOTHETICAL),
    ("denies", Assertion.NEGATED),
)
_VALUES = {
    "systolic": "systolic {:g} mmHg",
    "diastolic": "diastolic {:g} mmHg",
    "celsius": "{:g} C",
    "spo2": "oxygen {:g} %",
    "heart_rate": "{:g} beats a minute",
    "count": "{:g} times",
}
_UNKNOWN = (
    ("time_unknown", "time of the injection"),
    ("weeks_unknown", "weeks of pregnancy"),
)


def summarise(screening: Screening, situation: AbstractSet[str], table: Table) -> str:
    """Return one plain sentence about ``screening`` in the words of the table."""
    parts = []
    for verb, assertion in _PARTS:
        found = [f for f in screening.findings if f.assertion is assertion]
        if found:
            parts.append(f"{verb} {_list(found, table)}")
    if not parts:
        parts.append("Reports no symptom")
    unknown = [label for word, label in _UNKNOWN if word in situation]
    if unknown:
        parts.append(f"not known: {', '.join(unknown)}")
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]


def _list(findings: Sequence[Finding], table: Table) -> str:
    names: List[str] = []
    for finding in findings:
        row = table.rows.get(finding.key)
        name = row.name if row else finding.key
        details = [_VALUES[v].format(n) for v, n in finding.values.items() if v in _VALUES]
        if "child" in finding.attributes:
            details.append("a child")
        elif finding.experiencer is Experiencer.OTHER:
            details.append("another person")
        if "uncertain" in finding.attributes:
            details.append("unsure")
        text = f"{name} ({', '.join(details)})" if details else name
        if text not in names:
            names.append(text)
    return ", ".join(names)
