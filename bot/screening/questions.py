"""Sentences whose mood says something else than it seems: questions, and wishes for death."""

from __future__ import annotations

from typing import List

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.grammar import grammar
from bot.screening.matching import Read

_SELF = grammar("first_person")
_COULD = grammar("asks_whether_something_may_be")
_STOPPING = grammar("ends_treatment")
_HOW_FAST = (["how", "fast"], ["how", "soon"], ["how", "quickly"])
_ASKABLE = ("TX-07", "TX-08", "IS-01")


def asks_only(found: Candidate, read: Read, layout: Layout) -> bool:
    """Whether treatment is asked about and nothing told (Q-05): "could the shots hurt my baby"."""
    if found.key not in _ASKABLE:
        return False
    asked = _sentence(found, read, layout)
    if found.key == "TX-07" and not _STOPPING.isdisjoint(asked):
        return False
    if found.key == "IS-01":
        before = found.start - layout.sentence_starts[layout.sentence[found.start]]
        return asked[0] in _COULD and "my" not in asked[1:before]
    return asked[0] in _COULD or asked[:2] in _HOW_FAST


def is_wish_for_death(found: Candidate, read: Read, layout: Layout) -> bool:
    """ "It would be kinder if I did not wake" is a thought she has, though all of it is if."""
    if not found.key.startswith(("MH-01", "MH-02", "MH-03")):
        return False
    return not _SELF.isdisjoint(_sentence(found, read, layout))


def _sentence(found: Candidate, read: Read, layout: Layout) -> List[str]:
    number = layout.sentence[found.start]
    return [w.word for w, at in zip(read.words, layout.sentence, strict=True) if at == number]
