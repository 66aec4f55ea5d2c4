"""The rules a text must obey before the service starts (responses.md sections 1 and 11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, FrozenSet, Mapping

from bot.content.model import ContentError
from bot.yaml_files import read_yaml

FIRST_BUBBLE_WORDS = 60
MESSAGE_WORDS = 120

_ENTRY_FIELDS = {
    *("id", "text", "text_without_region", "more", "facts", "source"),
    *("buttons", "safety_net", "when", "first_bubble", "title", "question"),
}
_SYMPTOM_FIELDS = {
    *("name", "expected", "home_care", "stops", "action", "facts", "safety_net", "timing"),
}
#: Times after the injection, and pregnancy from 20 weeks, that a text may speak of.
_TIMING_FIELDS = {"hours", "days", "later", "weeks"}
#: ``{name}`` in a text is filled at the moment of sending, from a slot or by the action.
_VARIABLE = re.compile(r"\{(\w+)\}")
VARIABLES = frozenset(
    {"plan", "link", "when", "first_name", "typed_text", "symptom", "tests", "schedule"}
)

#: The list of numbers for an unknown region counts as part of the words before it.
_NUMBER_LIST = re.compile(r" \([^()]*\d{3}[^()]*\)")

REQUIRED_FILE = Path(__file__).parent / "required.yml"


def known_fact_ids() -> FrozenSet[str]:
    """Return the ids of ``docs/clinical/facts.md``, kept in ``fact_ids.yml``."""
    path = Path(__file__).parent / "fact_ids.yml"
    return frozenset(read_yaml(path))


def check_entry(entry: Mapping[str, Any], nets: Mapping[str, str], facts: FrozenSet[str]) -> None:
    """Raise ContentError when a message entry breaks a rule that does not depend on its length."""
    unknown = set(entry) - _ENTRY_FIELDS
    if unknown:
        raise ContentError(f"unknown field {', '.join(sorted(unknown))}; remove or correct it")
    if not str(entry.get("text", "")).strip():
        raise ContentError("text is missing; write it")
    _check_facts(entry.get("facts", ()), facts)
    _check_nets(entry.get("safety_net"), nets)
    for variable in _VARIABLE.findall(entry["text"] + entry.get("more", "")):
        if variable not in VARIABLES:
            raise ContentError(f"unknown variable {{{variable}}}; known are {sorted(VARIABLES)}")
    for button in entry.get("buttons", ()):
        if button.get("payload", button["title"]).startswith("/"):
            raise ContentError(f"button {button['title']!r} sends a command; use plain text")


def check_symptom(entry: Mapping[str, Any], nets: Mapping[str, str], facts: FrozenSet[str]) -> None:
    """Raise ContentError when a symptom entry lacks a part or names an unknown fact."""
    unknown = set(entry) - _SYMPTOM_FIELDS
    if unknown:
        raise ContentError(f"unknown field {', '.join(sorted(unknown))}; remove or correct it")
    unknown = set(entry.get("timing", {})) - _TIMING_FIELDS
    if unknown:
        raise ContentError(f"unknown timing {', '.join(sorted(unknown))}; use {_TIMING_FIELDS}")
    missing = {"name", "facts", "safety_net"} - set(entry)
    if entry.get("expected"):
        missing |= {"home_care", "stops"} - set(entry)
    elif not entry.get("action"):
        missing.add("action")
    if missing:
        raise ContentError(f"{', '.join(sorted(missing))} is missing; write it")
    _check_facts(entry["facts"], facts)
    _check_nets(entry["safety_net"], nets)


def check_lengths(text: str, more: str = "", first_bubble: bool = False) -> None:
    """Raise ContentError when a rendered text is longer than a phone screen can carry."""
    limit = FIRST_BUBBLE_WORDS if first_bubble else MESSAGE_WORDS
    for name, part in (("text", text), ("more", more)):
        words = len(_NUMBER_LIST.sub("", part).split())
        if words > limit:
            raise ContentError(f"{name} has {words} words, at most {limit} are allowed; shorten it")


def check_required(language: str, messages: Mapping[str, Any], symptoms: Mapping[str, Any]) -> None:
    """Raise ContentError naming the first text of ``required.yml`` that a language lacks."""
    required = read_yaml(REQUIRED_FILE)
    for file_name, keys in required["messages"].items():
        for key in keys:
            if key not in messages:
                raise ContentError(f"{language}/{file_name}, {key}: this text is missing; write it")
    for key in required["symptoms"]:
        if key not in symptoms:
            raise ContentError(f"{language}/symptoms.yml, {key}: this text is missing; write it")


def _check_facts(named: Any, facts: FrozenSet[str]) -> None:
    for fact in named:
        if fact not in facts:
            raise ContentError(f"unknown fact {fact}; use an id of docs/clinical/facts.md")


def _check_nets(named: Any, nets: Mapping[str, str]) -> None:
    for name in named if isinstance(named, list) else [named] if named else []:
        if name not in nets:
            raise ContentError(f"unknown safety net {name}; use one of {', '.join(sorted(nets))}")
