"""Writes what the patient page must know without a network: texts, numbers and red-flag phrases.

``python -m bot.channels.bundle`` writes ``bot/widget/static/bundled.js``. Run it after a change of
the lexicon, the decision table, the numbers or the first look; a test says when it is due.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Set

import bot.content
import bot.screening
from bot.channels.pages import WIDGET
from bot.channels.safe_text import EMERGENCY_NUMBERS
from bot.screening import screen
from bot.settings import load_settings
from bot.triage import assess
from bot.triage.vocabulary import Level, Subtype
from bot.yaml_files import read_yaml

TARGET = WIDGET / "static" / "bundled.js"
LEXICON = Path(bot.screening.__file__).parent / "lexicon"
REGIONS = Path(bot.content.__file__).parent / "regions.yml"

#: Beginnings of words that mean an emergency when one of each group stands near one of the other:
#: the rows AW-01 to AW-06, BR-01, BR-03, SK-01, SK-03, SK-10 and CI-01 as patients put them.
NEAR = (
    (
        (
            "throat",
            "throt",
            "thorat",
            "tongue",
            "tounge",
            "lip",
            "face",
            "mouth",
            "airway",
            "eyelid",
        ),
        ("swell", "swoll", "swole", "tight", "clos", "thick", "block", "shut", "narrow", "puff"),
    ),
    (
        ("brea", "breth", "air"),
        ("cant", "cannot", "couldnt", "trouble", "hard", "difficul", "struggl", "short", "unable"),
    ),
    (("chest",), ("pain", "hurt", "tight", "pressure", "crush", "heav", "squeez")),
    (("hive", "welt", "rash"), ("all", "everywhere", "spread", "cover", "over", "body")),
    (("turn", "lip", "skin", "nail"), ("blue", "grey", "gray")),
    (("passed", "passing", "blacked"), ("out",)),
)
#: Shorter phrases than this are part of too many other sentences.
_SHORTEST = 6


def plain(text: str) -> str:
    """Return lower-case words without accents or punctuation; emergency.js does the same."""
    text = unicodedata.normalize("NFKD", text.lower())
    text = re.sub("[\u0300-\u036f'’‘`]", "", text)
    text = re.sub(r"[^\w]|_", " ", text)
    return re.sub(r"(.)\1{2,}", r"\1\1", " ".join(text.split()))


def lexicon_phrases(folder: Path = LEXICON) -> Iterator[str]:
    """Return every phrase of the lexicon, as a patient would write it."""
    for path in sorted(folder.glob("findings_phrases_*.yml")):
        for entry in read_yaml(path).values():
            yield from _strings(entry)


def red_flags(phrases: Iterable[str]) -> Dict[str, List[str]]:
    """Return the phrases that alone mean EMERGENCY_NOW, by the card they show.

    The page asks this list only while nothing better can be reached, without looking for "no" or
    "what if": it says "emergency" rather once too often. A phrase inside another is not repeated.
    """
    flags: Dict[str, Set[str]] = {"crisis": set(), "emergency": set()}
    for phrase in phrases:
        assessment = assess(screen(phrase))
        if assessment.level is Level.EMERGENCY_NOW:
            crisis = assessment.subtype is Subtype.MENTAL_HEALTH_CRISIS
            flags["crisis" if crisis else "emergency"].add(plain(phrase))
    return {kind: _shortest(found) for kind, found in flags.items()}


def bundle() -> str:
    """Return the text of ``bundled.js``."""
    parts = {
        "NUMBERS": EMERGENCY_NUMBERS,
        "CRISIS_LINES": crisis_lines(),
        "RED_FLAGS": red_flags(lexicon_phrases()),
        "NEAR": NEAR,
        **texts(),
    }
    lines = [
        f"export const {name} = {json.dumps(value, ensure_ascii=False, indent=0)};"
        for name, value in parts.items()
    ]
    head = "// Written by bot/channels/bundle.py from the numbers and the lexicon. Do not edit."
    return "\n".join([head, *lines, ""])


def crisis_lines() -> Dict[str, str]:
    """Return by region whom to talk to in a crisis, as one sentence."""
    regions = read_yaml(REGIONS)
    return {region: values["crisis_line"] for region, values in regions.items()}


def texts() -> Dict[str, Any]:
    """Return the first look, and what the card says without a network; it shows the numbers itself.

    The kind of emergency is not known then, so it is the general text.
    """
    settings = replace(load_settings(environment={}), region="GB")
    content = bot.content.load_content("en", settings)
    cannot_call = content.message("emergency_open", emergency_reply="cannot_call").text
    first = content.message("first_look")
    return {
        "FIRST_LOOK": first.text,
        "STARTERS": [{"title": one.title, "payload": one.payload} for one in first.buttons],
        "EMERGENCY": " ".join(content.message("emergency").text.split()),
        "CANNOT_CALL": " ".join(cannot_call.split("\n\n")[0].split()),
    }


def _strings(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry.lstrip("=")
    elif isinstance(entry, dict):
        yield from _strings(list((entry.get("phrases") or {}).values()))
    elif isinstance(entry, list):
        for one in entry:
            yield from _strings(one)


def _shortest(phrases: Set[str]) -> List[str]:
    kept: List[str] = []
    for phrase in sorted(phrases, key=lambda one: (len(one), one)):
        inside = any(f" {short} " in f" {phrase} " for short in kept)
        if len(phrase) >= _SHORTEST and not inside:
            kept.append(phrase)
    return sorted(kept)


if __name__ == "__main__":
    TARGET.write_text(bundle(), encoding="utf-8")
