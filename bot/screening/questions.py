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
_MODALS = grammar("asks_what_may_or_must_be")
_DUTIES = grammar("asks_what_must_be_done")
_SUBJECTS = grammar("subjects_of_a_question")
_LEADS_ON = grammar("between_a_modal_and_its_verb")
_TELLS = grammar("tells_within_a_question")
_CURRENT = grammar("asks_about_what_is")
_AFTER_WHEN = grammar("asks_when_after_when")
_SIGNS = grammar("asks_which_sign_after_which")
_ANYBODY = grammar("anybody")
_AFTER_A_CRY = grammar("after_a_cry_for_help")
_QUESTIONS = grammar("question_words")
#: From the modal verb to the finding.
_FARTHEST = 9


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


def asks_what_may_be(found: Candidate, read: Read, layout: Layout) -> bool:
    """Permission, duty, ability or the future asked about, and nothing told.

    "Can I go on a boat", "do I have to lie down for it", "could my throat close up", "will I
    bleed". What she asks about what she has is told: "could my lips be swelling", "should my throat
    feel like this", "why would my tongue swell".
    """
    words = read.words
    first = layout.sentence_starts[layout.sentence[found.start]]
    for place in range(
        min(found.start, len(words) - 2), max(first, found.start - _FARTHEST) - 1, -1
    ):
        if words[place].word not in _MODALS and words[place].word not in _DUTIES:
            continue
        if words[place + 1].word not in _SUBJECTS or words[place + 1].gap:
            continue
        before = words[place - 1].word if place > first else ""
        return before not in _CURRENT and not _is_told(found, read, place)
    return False


def _is_told(found: Candidate, read: Read, modal: int) -> bool:
    """Whether the question after its modal verb tells of something that is there."""
    words = read.words
    after = [word.word for word in words[modal + 2 : found.end]]
    if words[modal].word in _DUTIES and after[:2] not in (["have", "to"], ["need", "to"]):
        return True
    if words[modal].word == "should" and words[modal + 1].word in ("my", "the", "a"):
        return True
    leads = after[: max(0, found.start - modal - 2)]
    if not _LEADS_ON.issuperset(leads) or any(word.gap for word in words[modal + 1 : found.end]):
        return True
    rest = {word.word for word in words[found.end : found.end + 5]}
    return not _TELLS.isdisjoint(after) or not rest.isdisjoint(("mine", "because", "like", "cos"))


def asks_about_help(found: Candidate, read: Read, layout: Layout) -> bool:
    """Help asked about or asked for with a task, by no one in need (G-10, G-12).

    "When should I ring 999", "which signs mean hospital", "can pregnant women use an EpiPen", "help
    me prepare for my visit". "Should I use my EpiPen", "when is the ambulance coming" are no such
    questions.
    """
    words = [word.word for word in read.words]
    own = [words[place] for place in sorted(found.evidence)]
    if own[:2] == ["help", "me"] and len(own) == 2:
        return _goes_on_with_a_task(found, read)
    asked = words[layout.sentence_starts[layout.sentence[found.start]] : found.end]
    for place, word in enumerate(asked[:4]):
        after = asked[place + 1 : place + 3]
        if word == "when" and not _AFTER_WHEN.isdisjoint(after):
            return True
        if word in ("which", "what") and not _SIGNS.isdisjoint(after[:1]):
            return True
    if found.key == "G-12":
        return False
    generally = not _ANYBODY.isdisjoint(asked[:4])
    return (asked[0] in _QUESTIONS and generally) or asked[:2] == ["what", "happens"]


def _goes_on_with_a_task(found: Candidate, read: Read) -> bool:
    """ "Help me arrange my questions", and not "help me please", "help me I can't breathe"."""
    if found.end >= len(read.words) or read.words[found.end].gap:
        return False
    return read.words[found.end].word not in _AFTER_A_CRY


def is_wish_for_death(found: Candidate, read: Read, layout: Layout) -> bool:
    """ "It would be kinder if I did not wake" is a thought she has, though all of it is if."""
    if not found.key.startswith(("MH-01", "MH-02", "MH-03")):
        return False
    return not _SELF.isdisjoint(_sentence(found, read, layout))


def _sentence(found: Candidate, read: Read, layout: Layout) -> List[str]:
    number = layout.sentence[found.start]
    return [w.word for w, at in zip(read.words, layout.sentence, strict=True) if at == number]
