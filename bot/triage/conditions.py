"""The small language of conditions in the decision table: lists of words, nothing to execute.

A condition is a mapping with any of ``all``, ``any``, ``none`` (lists of words) and ``at_least``
with ``of``. A list inside ``any`` or ``of`` means all of its words. A word is a fact, an attribute,
a key, a sign, or a comparison such as ``systolic < 90``.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import AbstractSet, Any, Callable, FrozenSet, Mapping, Optional, Tuple

#: Measurements that a comparison may name. ``systolic_drop`` is percent below the usual value.
MEASUREMENTS = frozenset(
    {
        "systolic",
        "systolic_drop",
        "diastolic",
        "celsius",
        "spo2",
        "heart_rate",
        "count",
        "count_hours",
    }
)
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARISON = re.compile(r"(\w+) (<=|>=|<|>) (\d+(?:\.\d+)?)")
_PARTS = {"all", "any", "none", "at_least", "of"}


class ConditionError(ValueError):
    """A condition uses a word or a form that the table does not know."""


@dataclass(frozen=True)
class Comparison:
    """``systolic < 90`` as data: true when the finding has that measurement and it compares."""

    word: str
    measurement: str
    compare: Callable[[float, float], bool]
    limit: float

    def holds(self, values: Mapping[str, float]) -> bool:
        """Return whether ``values`` has the measurement and it compares."""
        value = values.get(self.measurement)
        return value is not None and self.compare(value, self.limit)


def parse_comparison(word: str) -> Optional[Comparison]:
    """Return the comparison that ``word`` spells, or None when it is a plain word.

    Raises ConditionError when it compares something that is no measurement.
    """
    match = _COMPARISON.fullmatch(word)
    if not match:
        return None
    measurement, sign, limit = match.groups()
    if measurement not in MEASUREMENTS:
        raise ConditionError(
            f"{measurement!r} is no measurement; use one of {', '.join(sorted(MEASUREMENTS))}"
        )
    return Comparison(word, measurement, _OPERATORS[sign], float(limit))


@dataclass(frozen=True)
class Condition:
    """A condition ready to test against the set of words that hold."""

    every: FrozenSet[str] = frozenset()
    alternatives: Tuple[FrozenSet[str], ...] = ()
    forbidden: FrozenSet[str] = frozenset()
    count: int = 0
    groups: Tuple[FrozenSet[str], ...] = ()

    def holds(self, words: AbstractSet[str]) -> bool:
        """Return whether the condition is true when exactly ``words`` hold."""
        if not self.every <= words or not self.forbidden.isdisjoint(words):
            return False
        if self.alternatives and not any(group <= words for group in self.alternatives):
            return False
        return not self.count or sum(group <= words for group in self.groups) >= self.count

    def words(self) -> FrozenSet[str]:
        """Return every word the condition names."""
        return self.every.union(self.forbidden, *self.alternatives, *self.groups)


ALWAYS = Condition()


def parse_condition(raw: Any) -> Condition:
    """Return the condition written as ``raw`` (a mapping, or None for always).

    Raises ConditionError for an unknown part or a wrong form; the caller checks the words.
    """
    if raw is None:
        return ALWAYS
    if not isinstance(raw, Mapping):
        raise ConditionError(f"must be a mapping with {', '.join(sorted(_PARTS))}, not {raw!r}")
    unknown = set(raw) - _PARTS
    if unknown:
        raise ConditionError(
            f"unknown part {sorted(unknown)[0]!r}; use {', '.join(sorted(_PARTS))}"
        )
    count = raw.get("at_least", 0)
    groups = _groups(raw, "of")
    if not isinstance(count, int) or bool(count) != bool(groups) or count > len(groups):
        raise ConditionError("at_least needs a whole number and a list 'of' at least as long")
    return Condition(
        every=frozenset(_words(raw, "all")),
        alternatives=_groups(raw, "any"),
        forbidden=frozenset(_words(raw, "none")),
        count=count,
        groups=groups,
    )


def _words(raw: Mapping[str, Any], part: str) -> Tuple[str, ...]:
    words = raw.get(part) or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConditionError(f"'{part}' must be a list of words")
    return tuple(words)


def _groups(raw: Mapping[str, Any], part: str) -> Tuple[FrozenSet[str], ...]:
    entries = raw.get(part) or []
    if not isinstance(entries, list):
        raise ConditionError(f"'{part}' must be a list")
    groups = []
    for entry in entries:
        words = entry if isinstance(entry, list) else [entry]
        if not words or not all(isinstance(word, str) for word in words):
            raise ConditionError(f"'{part}' may hold words and lists of words only")
        groups.append(frozenset(words))
    return tuple(groups)
