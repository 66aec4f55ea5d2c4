"""The decision table in memory: rows, cases, signs, rules, modifiers and questions.

``reader.load_table`` fills these from ``tables/``; ``evaluate`` and ``episode`` read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, FrozenSet, Mapping, Optional, Tuple

from bot.triage.conditions import Comparison, Condition
from bot.triage.vocabulary import Level, Subtype


class TableError(ValueError):
    """The decision table has a mistake; the message names the file, the row and the field."""


@dataclass(frozen=True)
class Case:
    """One line of a row: when it holds, the level it sets and what goes with it.

    ``level`` None sets no level. ``as_present`` (only for what is over) reads the row instead,
    brought down by ``ceiling``.
    """

    when: Condition
    level: Optional[Level]
    rules: Tuple[str, ...] = ()
    subtype: Optional[Subtype] = None
    ask: Optional[str] = None
    flags: Tuple[str, ...] = ()
    includes: FrozenSet[str] = frozenset()
    of: FrozenSet[str] = frozenset()
    as_present: bool = False
    ceiling: Mapping[Level, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One row of triage.md section 6, or a statement that a rule names directly."""

    key: str
    name: str
    subtype: Subtype
    later_subtype: Subtype
    cases: Tuple[Case, ...]
    symptom: bool


@dataclass(frozen=True)
class Rule:
    """A published criterion or a combination rule. ``audit`` rules are listed after the rows."""

    id: str
    case: Case
    audit: bool


@dataclass(frozen=True)
class Modifier:
    """A risk modifier of section 7."""

    id: str
    name: str
    known_by: Optional[Condition]
    to: Tuple[str, ...]
    not_to: FrozenSet[str]
    at_least: Optional[Level]
    two_self_care: Optional[Mapping[str, Any]]

    def touches(self, key: str) -> bool:
        """Return whether the modifier applies to the row or rule ``key``."""
        return key not in self.not_to and (not self.to or key.startswith(self.to))


@dataclass(frozen=True)
class Meaning:
    """What an answer means: a level at least, a finding to add, the next question."""

    level: Optional[Level] = None
    rules: Tuple[str, ...] = ()
    finding: Optional[str] = None
    within_hours: Optional[float] = None
    next: Optional[str] = None
    unless: Optional[str] = None


@dataclass(frozen=True)
class Question:
    """A follow-up question of section 8 or U-01."""

    id: str
    text: str
    kind: str
    several: bool
    counted: bool
    buttons: Tuple[str, ...]
    needs: Tuple[str, ...]
    minimum: Optional[float]
    red_flag: bool
    yes: Meaning
    no: Meaning
    unanswered: Meaning
    choices: Mapping[str, Meaning]


@dataclass(frozen=True)
class SignMember:
    """Keys or earlier signs that belong to a sign while a condition holds."""

    keys: FrozenSet[str]
    when: Condition


@dataclass(frozen=True)
class Table:
    """The whole decision table."""

    policy: Mapping[str, Any]
    rows: Mapping[str, Row]
    signs: Mapping[str, Tuple[Tuple[str, Tuple[SignMember, ...]], ...]]
    sign_names: Tuple[str, ...]
    rules: Tuple[Rule, ...]
    history: Tuple[Case, ...]
    resolved: Tuple[Case, ...]
    modifiers: Tuple[Modifier, ...]
    modifier_ids: FrozenSet[str]
    questions: Mapping[str, Question]
    comparisons: Tuple[Comparison, ...]
    carried_out: Mapping[str, str]

    def signs_of(self, key: str) -> Tuple[Tuple[str, Tuple[SignMember, ...]], ...]:
        """Return the signs that a finding ``key`` may belong to, in the order of the table."""
        return self.signs.get(key, ())

    def rule_ids(self) -> FrozenSet[str]:
        """Return every rule id that the table names."""
        ids = set(self.rows) | set(self.carried_out)
        ids.update(rule.id for rule in self.rules)
        ids.update(modifier.id for modifier in self.modifiers)
        return frozenset(ids)
