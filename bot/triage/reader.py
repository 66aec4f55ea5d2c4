"""Reads the decision table from ``tables/`` and checks every word of it.

A mistake in the table stops the program at load with the file, the row and the field.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Tuple

import yaml

from bot import yaml_files
from bot.triage.conditions import (
    ALWAYS,
)
from bot.triage.fields import (
    check_fields,
    known_ids,
    level_named,
    set_level_named,
    subtype_named,
)
from bot.triage.names import Names
from bot.triage.question_reader import read_question
from bot.triage.table import (
    Case,
    Modifier,
    Row,
    Rule,
    SignMember,
    Table,
    TableError,
)
from bot.triage.vocabulary import Subtype

TABLES = Path(__file__).resolve().parent / "tables"


def read_yaml(path: Path) -> Any:
    """Return the data of a YAML file. Raises TableError naming the file when it cannot be read."""
    try:
        return yaml_files.read_yaml(path)
    except (OSError, yaml.YAMLError) as error:
        raise TableError(f"{path.name} cannot be read ({error}). Restore it or fix it.") from error


@lru_cache(maxsize=4)
def load_table(folder: Path = TABLES) -> Table:
    """Return the decision table in ``folder``, checked.

    Raises TableError naming the file, the row and the field of the first mistake.
    """
    return _Reader(folder).table()


class _Reader:
    """Reads the files of one folder and checks every word in them."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._names = Names()

    def table(self) -> Table:
        raw = {name: self._read(f"{name}.yml") for name in _FILES}
        row_files = {
            f"findings/{path.name}": self._read(f"findings/{path.name}")
            for path in sorted((self._folder / "findings").glob("*.yml"))
        }
        if not row_files:
            raise TableError(f"{self._folder}/findings has no table. Restore the files.")
        self._names.collect(raw, row_files)
        signs, sign_names = self._signs(raw["signs"])
        return Table(
            policy=self._policy(raw["policy"]),
            rows=self._rows(row_files),
            signs=signs,
            sign_names=sign_names,
            rules=self._rules("criteria.yml", raw["criteria"])
            + self._rules("combinations.yml", raw["combinations"]),
            history=self._over("history", raw["resolved"]),
            resolved=self._over("resolved", raw["resolved"]),
            modifiers=self._modifiers(raw["modifiers"]),
            modifier_ids=frozenset(entry["id"] for entry in raw["modifiers"]),
            questions={
                entry["id"]: read_question(entry, self._names) for entry in raw["questions"]
            },
            comparisons=tuple(self._names.comparisons.values()),
            carried_out={k: v for part in raw["rules"].values() for k, v in part.items()},
        )

    def _read(self, name: str) -> Any:
        return read_yaml(self._folder / name)

    def _rows(self, files: Dict[str, Any]) -> Dict[str, Row]:
        rows = {}
        for name, entries in files.items():
            for entry in entries:
                row = self._row(f"{name}, row {entry['key']}", entry)
                rows[row.key] = row
        return rows

    def _row(self, at: str, entry: Dict[str, Any]) -> Row:
        check_fields(at, entry, _ROW_FIELDS, ("key", "name", "term", "subtype", "cases", "source"))
        subtype = subtype_named(at, entry["subtype"])
        raw_cases = entry["cases"]
        if not isinstance(raw_cases, list) or not raw_cases:
            raise TableError(f"{at}, cases: needs at least one case.")
        cases = tuple(
            self._case(f"{at}, case {number}", case) for number, case in enumerate(raw_cases, 1)
        )
        if cases[-1].when is not ALWAYS:
            raise TableError(f"{at}, cases: the last case must have no 'when', so that one holds.")
        if any(case.when is ALWAYS for case in cases[:-1]):
            raise TableError(f"{at}, cases: a case without 'when' hides the cases after it.")
        later = entry.get("later_subtype")
        return Row(
            key=entry["key"],
            name=entry["name"],
            subtype=subtype,
            later_subtype=subtype_named(at, later) if later else subtype,
            cases=cases,
            symptom=entry.get("symptom", True),
        )

    def _case(self, at: str, raw: Any, over: bool = False) -> Case:
        fields = _CASE_FIELDS | _OVER_FIELDS if over else _CASE_FIELDS
        check_fields(at, raw, fields, ("level",))
        as_present = over and raw["level"] == "AS_PRESENT"
        ask = raw.get("ask")
        if ask is not None and ask not in self._names.questions:
            raise TableError(f"{at}, ask: unknown question {ask!r}. Use an id of questions.yml.")
        return Case(
            when=self._names.condition(f"{at}, when", raw.get("when")),
            level=None if as_present else level_named(at, raw["level"]),
            rules=known_ids(f"{at}, rules", raw.get("rules"), self._names.ids),
            subtype=subtype_named(at, raw["subtype"]) if "subtype" in raw else None,
            ask=ask,
            flags=tuple(raw.get("flags", ())),
            includes=frozenset(
                known_ids(f"{at}, includes", raw.get("includes"), self._names.words)
            ),
            of=frozenset(known_ids(f"{at}, of", raw.get("of"), self._names.words)),
            as_present=as_present,
            ceiling={
                set_level_named(at, high): set_level_named(at, low)
                for high, low in raw.get("ceiling", {}).items()
            },
        )

    def _rules(self, name: str, entries: List[Dict[str, Any]]) -> Tuple[Rule, ...]:
        rules = []
        for entry in entries:
            at = f"{name}, row {entry.get('id')}"
            check_fields(at, entry, _RULE_FIELDS, ("id", "text", "when", "level"))
            case = self._case(at, {k: v for k, v in entry.items() if k in _CASE_FIELDS})
            audit = bool(entry.get("audit")) or name == "criteria.yml"
            rules.append(Rule(entry["id"], case, audit))
        return tuple(rules)

    def _over(self, part: str, raw: Any) -> Tuple[Case, ...]:
        at = f"resolved.yml, {part}"
        cases = tuple(
            self._case(f"{at}, case {number}", case, over=True)
            for number, case in enumerate(raw.get(part) or [], 1)
        )
        if not cases or cases[-1].when is not ALWAYS or cases[-1].of:
            raise TableError(f"{at}: the last case must have neither 'when' nor 'of'.")
        return cases

    def _signs(self, entries: List[Dict[str, Any]]) -> Tuple[Dict[str, Any], Tuple[str, ...]]:
        members: List[Tuple[str, Tuple[SignMember, ...]]] = []
        for entry in entries:
            at = f"signs.yml, row {entry['sign']}"
            check_fields(at, entry, {"sign", "meaning", "members"}, ("sign", "meaning", "members"))
            parsed = []
            for raw in entry["members"]:
                keys = known_ids(f"{at}, keys", raw.get("keys"), self._names.words)
                rest = {part: value for part, value in raw.items() if part != "keys"}
                when = self._names.condition(at, rest) if rest else ALWAYS
                parsed.append(SignMember(frozenset(keys), when))
            members.append((entry["sign"], tuple(parsed)))
        named = {key for _, parsed in members for member in parsed for key in member.keys}
        signs = {key: tuple(_reachable(key, members)) for key in named}
        return signs, tuple(name for name, _ in members)

    def _modifiers(self, entries: List[Dict[str, Any]]) -> Tuple[Modifier, ...]:
        modifiers = []
        for entry in entries:
            at = f"modifiers.yml, row {entry['id']}"
            check_fields(at, entry, _MODIFIER_FIELDS, ("id", "name"))
            known_by = entry.get("known_by")
            floor = entry.get("at_least")
            two = entry.get("two_self_care")
            if two is not None:
                check_fields(
                    f"{at}, two_self_care", two, {"within", "as_one"}, ("within", "as_one")
                )
                named = [two["within"], *(key for group in two["as_one"] for key in group)]
                known_ids(f"{at}, two_self_care", named, self._names.words)
            modifiers.append(
                Modifier(
                    id=entry["id"],
                    name=entry["name"],
                    known_by=self._names.condition(f"{at}, known_by", known_by)
                    if known_by
                    else None,
                    to=tuple(entry.get("to", ())),
                    not_to=frozenset(entry.get("not_to", ())),
                    at_least=level_named(at, floor) if floor else None,
                    two_self_care=two,
                )
            )
        return tuple(modifiers)

    def _policy(self, raw: Dict[str, Any]) -> Dict[str, Any]:
        opinion = raw["second_opinion"]
        order = [0, *(opinion[name] for name in ("ask", "act", "act_over_urgent", "act_over_gone"))]
        if order != sorted(order) or not opinion["ask"] or order[-1] > 1:
            raise TableError(
                "policy.yml, second_opinion: needs"
                " 0 < ask <= act <= act_over_urgent <= act_over_gone <= 1."
            )
        known_ids("policy.yml, child", raw["child"]["emergency"], self._names.words)
        if not opinion["act"] <= opinion["over_doubt"] <= 1:
            raise TableError("policy.yml, second_opinion: needs act <= over_doubt <= 1.")
        for part in ("silent_when", "doubtful_when", "ask_only_over"):
            known_ids(f"policy.yml, second_opinion {part}", opinion[part], self._names.words)
        raw["child"]["level"] = level_named("policy.yml, child", raw["child"]["level"])
        repeat = raw["repeat_contact"]
        repeat["level"] = level_named("policy.yml, repeat_contact", repeat["level"])
        repeat["raise"] = [level_named("policy.yml, repeat_contact", x) for x in repeat["raise"]]
        orders = raw["subtypes"]
        for name, order in orders.items():
            orders[name] = [subtype_named(f"policy.yml, subtypes {name}", x) for x in order]
            if set(orders[name]) != set(Subtype):
                raise TableError(f"policy.yml, subtypes {name}: list every sub-type once.")
        return raw


def _reachable(key: str, members: Any) -> Any:
    """Yield the signs that ``key`` may belong to, with the members that may bring it there."""
    names = {key}
    for sign, parsed in members:
        fitting = tuple(member for member in parsed if not names.isdisjoint(member.keys))
        if fitting:
            names.add(sign)
            yield sign, fitting


_FILES = (
    "policy",
    "signs",
    "criteria",
    "combinations",
    "resolved",
    "modifiers",
    "questions",
    "rules",
)
_CASE_FIELDS = {"when", "level", "rules", "subtype", "ask", "flags", "includes"}
_OVER_FIELDS = {"of", "ceiling"}
_RULE_FIELDS = _CASE_FIELDS | {"id", "text", "audit", "source", "facts"}
_ROW_FIELDS = {
    "key",
    "name",
    "term",
    "snomed",
    "subtype",
    "later_subtype",
    "symptom",
    "cases",
    "combination",
    "source",
    "facts",
}
_MODIFIER_FIELDS = {"id", "name", "known_by", "to", "not_to", "at_least", "two_self_care"}
