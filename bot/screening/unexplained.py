"""What the rules leave unexplained of a message: the part that the second opinion reads.

The second opinion knows phrases and not what is meant by them. "My mom broke out in hives" and
"lumps and itching at the injection site" alarm it; the rules have read them and know better. A
clause in which they found something, and nothing of it is current (denied, history, asked about,
people in general) or more than a sore injection site, is left out. Everything else is read, so
that "no rash, it's just that the air stops halfway" still alarms.
"""

from __future__ import annotations

import re
from typing import List

from bot.screening.second_opinion import opinion
from bot.triage.vocabulary import Assertion, Finding, Screening

_CLAUSE_ENDS = re.compile(r"[.!?;,\n]+|\bbut\b", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:deny|denies|denied|neg for|negative for)\b", re.IGNORECASE)
_NOT_CURRENT = (Assertion.NEGATED, Assertion.HISTORICAL, Assertion.HYPOTHETICAL)
_SITE = ("IS-01", "IS-02")
_FEAR = "Q-04"


def unexplained(text: str, screening: Screening) -> str:
    """The text without the clauses that the rules have explained; linear in the text."""
    explained = [finding for finding in screening.findings if _is_explained(finding)]
    if not explained:
        return text
    others = [f for f in screening.findings if not _is_explained(f) and not _is_remark(f)]
    kept: List[str] = []
    start = 0
    ends = [(match.start(), match.end()) for match in _CLAUSE_ENDS.finditer(text)]
    listing = False
    for end, following in (*ends, (len(text), len(text))):
        known = _touches(explained, start, end)
        if _touches(others, start, end) or not (known or listing):
            kept.append(text[start:end])
            listing = False
        else:
            # "denies fever, n/v/d": the rest of the list is denied as well.
            listing = text[end:following] == "," and (
                listing or bool(_DENIES.search(text, start, end))
            )
        kept.append(text[end:following])
        start = following
    return "".join(kept)


def opinion_on_rest(text: str, screening: Screening) -> float:
    """Probability in [0, 1] that what the rules left unexplained reports an emergency."""
    return opinion(unexplained(text, screening))


def _is_explained(finding: Finding) -> bool:
    return (
        finding.assertion in _NOT_CURRENT or "group" in finding.attributes or finding.key in _SITE
    )


def _is_remark(finding: Finding) -> bool:
    """Asthma, twins, a question about the dose, fear of what may come: no sign of anything."""
    return finding.key.startswith(("RM", "TX")) or finding.key == _FEAR


def _touches(findings: List[Finding], start: int, end: int) -> bool:
    return any(finding.start < end and finding.end > start for finding in findings)
