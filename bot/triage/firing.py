"""One finding to what it sets: the rows, the signs a finding belongs to, and what is over.

The rest of the room builds on ``Fired``: one rule that fired, with what goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import FrozenSet, Optional, Sequence, Set, Tuple

from bot.triage.facts import Clock, finding_words
from bot.triage.table import Case, Row, Table
from bot.triage.vocabulary import Assertion, Finding, Level, Subtype

#: Order of rules that reach the same level: several findings together, one finding, audit.
TOGETHER, SINGLE, AUDIT = 0, 1, 2
#: Assertions of what is no longer there.
OVER = (Assertion.RESOLVED, Assertion.HISTORICAL)

_SITE = frozenset({"IS-01", "IS-02"})
# A row whose case only repeats one of these rules is decided by the rule.
_LEADING = frozenset({"C-03", "C-15", "C-08"})


@dataclass(frozen=True)
class Fired:
    """One rule that fired: the level it sets (None: none) and what goes with it."""

    level: Optional[Level]
    rules: Tuple[str, ...]
    subtype: Optional[Subtype]
    order: int
    ask: Optional[str] = None
    flags: Tuple[str, ...] = ()
    key: str = ""
    includes: FrozenSet[str] = frozenset()
    unchanged: bool = False
    symptom: bool = False


def known(finding: Finding, table: Table) -> Finding:
    """Return ``finding``, or the same as an unmapped symptom (G-14) when no row has its key.

    A key that nobody maps must not cost the patient the other findings of her message.
    """
    if finding.key in table.rows or finding.key in table.modifier_ids:
        return finding
    return replace(finding, key="G-14")


def words_for(
    finding: Finding, situation: Set[str], clock: Clock, symptoms: Set[str], table: Table
) -> Set[str]:
    """Return the words that hold for one finding: its attributes, its time and its measurements."""
    words = finding_words(finding, situation, clock, bool(symptoms - _SITE - {finding.key}))
    values = finding.values
    if values:
        if "usual_systolic" in values and "systolic" in values:
            drop = 100.0 * (1.0 - values["systolic"] / values["usual_systolic"])
            values = {**values, "systolic_drop": drop}
        words.update(c.word for c in table.comparisons if c.holds(values))
    return words


def signs_for(key: str, words: Set[str], table: Table) -> Set[str]:
    """Return ``key`` and the signs it belongs to, and add the signs to ``words``."""
    names = {key}
    for sign, members in table.signs_of(key):
        for member in members:
            if not names.isdisjoint(member.keys) and member.when.holds(words):
                names.add(sign)
                words.add(sign)
                break
    return names


def first_case(cases: Sequence[Case], words: Set[str]) -> Case:
    """Return the first case whose condition holds; the last one always does."""
    return next(case for case in cases if case.when.holds(words))


def from_row(row: Row, case: Case, words: Set[str]) -> Fired:
    """Return what a case of a row sets when it holds."""
    exposed = "exposed" in words
    rules = case.rules
    # G-02 is the reason behind an A/B/C row, not a rule of its own: the row leads.
    return Fired(
        level=case.level,
        rules=(*rules, row.key) if rules and rules[0] in _LEADING else (row.key, *rules),
        subtype=case.subtype or (row.subtype if exposed else row.later_subtype),
        order=SINGLE,
        ask=case.ask,
        flags=case.flags,
        key=row.key,
        includes=case.includes,
        unchanged="unchanged" in words,
        symptom=row.symptom,
    )


def from_past(finding: Finding, words: Set[str], signs: Set[str], table: Table) -> Fired:
    """Return what a finding that is over means (P-01 to P-04, C-11 to C-13, C-25)."""
    resolved = finding.assertion is Assertion.RESOLVED
    cases = table.resolved if resolved else table.history
    row = table.rows[finding.key]
    case = next(
        c for c in cases if (not c.of or not c.of.isdisjoint(signs)) and c.when.holds(words)
    )
    if not case.as_present:
        result = from_row(row, case, words)
        return replace(
            result, rules=(*case.rules, row.key), symptom=resolved and result.level is not None
        )
    result = from_row(row, first_case(row.cases, words), words)
    level = result.level
    if level is not None:
        level = case.ceiling.get(level, level)
    return replace(result, level=level, rules=(*result.rules, *case.rules))
