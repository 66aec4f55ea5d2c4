"""Single questions that have an answer of their own: numbing cream, latex, a nasal spray.

Seventy-six of them stand below the topics that the classifier tells apart (facts.md 3.12 to 3.18),
too many to learn from examples. Each is known by the thing it asks about: the classifier finds the
topic, and the patterns of single_questions.yml find the question within it. What no pattern knows
keeps the wide answer of its topic. All of it happens only where the rules found nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Mapping, Pattern, Sequence, Tuple

import yaml

from bot.nlu.concepts import CORE, concepts
from bot.nlu.memory import FALLBACK, Guess
from bot.nlu.several import MAX_CHARACTERS, questions

FILE = Path(__file__).with_name("single_questions.yml")
#: The intent of every single question; the slot ``topic`` says which.
SINGLE_QUESTION = "single_question"
#: A message that asks nothing by its form may still name its question, up to this many words.
SHORT_WORDS = 16
#: The topic of a question may also be the classifier's second or third choice.
CHOICES = 3
#: Readings of a question of hers that is no topic of the page; anything else she means stands.
_ASIDES = frozenset({"other_medicine", "needle_fear", "out_of_scope", FALLBACK})


@dataclass(frozen=True)
class _Single:
    name: str
    of: FrozenSet[str]
    forms: Sequence[Pattern[str]]


@lru_cache(maxsize=1)
def _load() -> Sequence[_Single]:
    raw: Dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))

    def compiled(form: str) -> Pattern[str]:
        for name, group in raw["groups"].items():
            form = form.replace(name, group)
        return re.compile(form, re.IGNORECASE)

    return [
        _Single(name, frozenset(entry["of"]), [compiled(form) for form in entry["forms"]])
        for name, entry in raw["questions"].items()
    ]


def names() -> List[str]:
    """Return the keys of all single questions, which are keys of bot/content."""
    return [single.name for single in _load()]


def topics_of(name: str) -> FrozenSet[str]:
    """Return the topics that a single question belongs to; none for any other name."""
    return next((single.of for single in _load() if single.name == name), frozenset())


def is_single(name: str) -> bool:
    """Return whether ``name`` is a single question, and no intent of its own."""
    return name in _names()


@lru_cache(maxsize=1)
def _names() -> FrozenSet[str]:
    return frozenset(names())


def named_in(text: str, ranking: Sequence[str] = ()) -> str:
    """Return the single question that ``text`` names, or an empty string.

    ``ranking`` is how the classifier read it, best first; without one every topic is possible.
    """
    for single in _load():
        if _belongs(single, text, ranking) and any(form.search(text) for form in single.forms):
            return single.name
    return ""


def _belongs(single: _Single, text: str, ranking: Sequence[str]) -> bool:
    if not ranking:
        return True
    if ranking[0] == "out_of_scope" and "out_of_scope" not in single.of:
        # A question about B12 that was taken for somebody else's, not one about tea in general.
        ours = any(name in CORE for _, name in concepts(text))
        return ours and bool(single.of.intersection(ranking[1:CHOICES]))
    if ranking[0] in _ASIDES:
        return ranking[0] in single.of
    return ranking[0].startswith("faq_") and bool(single.of.intersection(ranking[:CHOICES]))


def with_single_questions(
    text: str, guess: Guess, asked: Sequence[Mapping[str, Any]] = ()
) -> Guess:
    """Return ``guess`` with single questions in place of the topics they were read as.

    ``asked`` are the questions of the message as ``bot.nlu.several`` found them.
    """
    topics = {int(each["start"]): str(each["intent"]) for each in asked}
    ranking = () if guess.intent == FALLBACK else (guess.intent, *guess.ranking[1:])
    found: Dict[int, str] = {}
    for start, parts in _parts(text):
        read = (topics[start],) if start in topics else ranking
        name = next((name for part in parts if (name := named_in(part, read))), "")
        if name and name not in found.values():
            found[start] = name
    if not found:
        return guess
    merged = {**topics, **found}
    several = tuple(dict.fromkeys(merged[start] for start in sorted(merged)))
    intent = guess.intent
    if intent.startswith("faq_") or intent in _ASIDES:
        intent = next(iter(found.values()))
    return replace(guess, intent=intent, questions=several if len(several) > 1 else ())


def _parts(text: str) -> List[Tuple[int, List[str]]]:
    """Return where each question begins, with its words alone and with what was told before it."""
    text = text[:MAX_CHARACTERS]
    spans = questions(text)
    if not spans:
        return [(0, [text])] if len(text.split()) <= SHORT_WORDS else []
    parts = []
    for span in spans:
        told = span.start if span.background is None else span.background
        parts.append((span.start, [text[span.start : span.end], text[told : span.end]]))
    return parts
