"""Reads findings, facts and context out of YAML for the tests of this folder."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import yaml

from bot.triage import (
    ATTRIBUTES,
    Ago,
    Assertion,
    Context,
    Experiencer,
    Finding,
    Level,
    Screening,
    StatedFacts,
)

DATA = Path(__file__).resolve().parents[2] / "data"
_TIMES = ("since_injection", "until_next_injection")


def read_vectors() -> List[Dict[str, Any]]:
    return yaml.safe_load((DATA / "triage_vectors.yml").read_text(encoding="utf-8"))


def read_finding(raw: Dict[str, Any]) -> Finding:
    return Finding(
        key=raw["key"],
        start=0,
        end=1,
        text=raw["key"],
        assertion=Assertion(raw.get("assertion", "present")),
        experiencer=Experiencer(raw.get("experiencer", "patient")),
        attributes=frozenset(raw.get("attributes", ())),
        when=Ago(*raw["when"]) if "when" in raw else None,
        values=raw.get("values", {}),
    )


def read_screening(raw: Dict[str, Any]) -> Screening:
    facts = dict(raw.get("facts", {}))
    for name in _TIMES:
        if name in facts:
            facts[name] = Ago(*facts[name])
    findings = tuple(read_finding(entry) for entry in raw.get("findings", ()))
    return Screening(findings, StatedFacts(**facts))


def read_context(raw: Dict[str, Any]) -> Context:
    values = dict(raw.get("context") or {})
    for name in ("risk_modifiers", "known_allergens"):
        if name in values:
            values[name] = frozenset(values[name])
    return Context(**values)


MINUTES = {
    "30min": 30,
    "5h": 300,
    "12h": 720,
    "2d": 2880,
    "3d": 4320,
    "4d": 5760,
    "2w": 20160,
    "10w": 100800,
}
_MARKS = {"gone": "resolved", "past": "historical", "denied": "negated"}


def read_rows() -> List[str]:
    lines = (DATA / "triage_rows.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read_row(line: str) -> Tuple[Screening, Context, Optional[Level]]:
    findings, circumstances, level = (part.strip() for part in line.split("|"))
    facts: Dict[str, Any] = {}
    context: Dict[str, Any] = {}
    modifiers = set()
    for word in circumstances.split():
        if word in MINUTES:
            context["minutes_since_injection"] = MINUTES[word]
        elif word == "none":
            facts["injection_given"] = False
        elif word == "nothing_else":
            facts["nothing_else"] = True
        elif word.startswith("next"):
            facts["until_next_injection"] = Ago(*[int(word[4:-1]) * 1440] * 2)
        elif word.startswith("RM-"):
            modifiers.add(word)
        elif word.startswith("w"):
            context["weeks_pregnant"] = int(word[1:])
        else:
            context[_CONTEXT_WORDS[word]] = True
    screening = Screening(
        tuple(_read_words(words.split()) for words in findings.split(",")), StatedFacts(**facts)
    )
    context["risk_modifiers"] = frozenset(modifiers)
    return screening, Context(**context), None if level == "NONE" else Level[level]


_CONTEXT_WORDS = {
    "after_birth": "postpartum",
    "early": "early_treatment",
    "anaemia": "severe_anaemia",
    "reaction": "earlier_reaction",
}


def _read_words(words: List[str]) -> Finding:
    raw: Dict[str, Any] = {"key": words[0], "attributes": [], "values": {}}
    for word in words[1:]:
        name, _, value = word.partition("=")
        if word in _MARKS:
            raw["assertion"] = _MARKS[word]
        elif name == "when":
            raw["when"] = [float(value), float(value)]
        elif value:
            raw["values"][name] = float(value)
        else:
            assert word in ATTRIBUTES, f"{word} is no attribute"
            raw["attributes"].append(word)
    return read_finding(raw)
