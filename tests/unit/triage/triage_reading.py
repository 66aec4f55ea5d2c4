"""Reads findings, facts and context out of YAML for the tests of this folder."""

from pathlib import Path
from typing import Any, Dict, List

import yaml

from bot.triage import (
    Ago,
    Assertion,
    Context,
    Experiencer,
    Finding,
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
