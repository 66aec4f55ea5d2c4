"""Several questions in one message: where each begins, and what each asks.

"Is it safe and how often do I need it? Also can I breastfeed" is three questions, and each deserves
its answer. ``questions`` cuts at sentence ends, at "and", "also" or a comma before a new question,
at the marks of a list, and where a new question starts without any mark. ``ask_each`` lets the
intent model read every part and keeps the ones it is sure of.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

#: Under this key a message carries its questions (see ``Question.as_plain``), only when there are
#: two or more with different intents.
QUESTIONS = "questions"
#: A part below this probability is not answered on its own.
SURE = 0.45
#: Longer messages and more questions than this are read from their start.
MAX_CHARACTERS = 4_000
MAX_QUESTIONS = 6
#: What she tells before a question belongs to it, up to this many words: "I missed one. What now?"
BACKGROUND_WORDS = 20
#: So many characters back decide whether a question is already open.
LOOK_BACK = 80
#: Intents with an answer of their own that can stand beside another one.
ANSWERABLE = frozenset(
    {"out_of_scope", "other_medicine", "follow_up_plan", "ask_human", "needle_fear"}
)

_ASKING = r"(?:what(?:['’]?s)?|wat|why|how|when|where|which|who|whose)\b"
_HELPER = (
    r"(?:can|could|may|do|does|did|is|are|am|was|will|would|should|shall|shud|has|have|must)"
    r"(?:n['’]?t)?"
)
_SUBJECT = (
    r"(?:i|it|its|the|this|that|these|those|you|u|they|we|my|there|he|she|b12|b-12|vitamin|"
    r"injections?|shots?|jabs?|anyone|any|a|an|taking|having|getting|breastfeeding)\b"
)
_HELPED = rf"{_HELPER}\s+{_SUBJECT}"
_OPENS = rf"(?:{_ASKING}|{_HELPED}|any\s|anything\b)"
_JOINED = (
    r"(?:(?:and|also|plus|or|but|then|next|secondly|second|thirdly|lastly|finally|oh|btw|"
    r"another\s+(?:question|thing))\b[\s,:]*)"
)
# A run of white space is only entered at its start, which keeps all of these linear in the text.
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[?!])(?=\w)|\n|;\s+")
_LIST_MARK = re.compile(r"(?:^|(?<!\s)\s+)(?:\(?\d{1,2}[.):]|[-*•])\s+(?=\w)")
_NEW_QUESTION = re.compile(
    rf"(?:,\s*|(?<!\s)\s+(?:-+\s+)?){_JOINED}{{1,2}}(?={_OPENS})|,\s*(?={_OPENS})", re.I
)
_UNMARKED = re.compile(rf"(?<!\s)\s+(?={_HELPED})", re.I)
#: Before a verb that seems to open a question these say that the question is already open.
_STILL_OPEN = re.compile(
    rf"\b(?:{_ASKING}|if|that|because|as|when|while|whether|and|or|but|to|so|there)\W+"
    rf"(?:\w+\W+){{0,3}}$|\b{_HELPER}\s+(?:my|the|a|an|your|this)\s+\w+\s+$|^\W*(?:\w+\W+)?$|"
    rf"\b{_HELPER}\s+(?:i|you|u|we|they|he|she|it|there|someone|anyone)\s+$",
    re.I,
)
_LOOSE_WORD = re.compile(rf"(?:\b{_JOINED}|(?<!\w)\d{{1,2}}[.):]|[\s,;:*•(-])$", re.I)
_FILLERS = re.compile(
    rf"^(?:\W|(?:so|ok|okay|hi|hello|hey|please|pls|abeg|doctor|nurse|well|just|thanks|{_JOINED})"
    r"\b)*",
    re.I,
)
_OPENING = re.compile(_OPENS, re.I)
_ASKS_INSIDE = re.compile(
    r"\?|\b(?:wonder(?:ing)?|want(?:ed)? to (?:know|ask)|like to know|tell me|any idea|"
    r"(?:do not|dont|don['’]t) know (?:if|whether|how|what|when|why)|not sure (?:if|whether))\b",
    re.I,
)

Rank = Callable[[str], Sequence[Tuple[str, float]]]


@dataclass(frozen=True)
class Question:
    """One question of a message: the span of its text, its intent and that intent's probability."""

    start: int
    end: int
    intent: str
    confidence: float

    def as_plain(self) -> Dict[str, object]:
        """Return it as plain data; the span instead of the text keeps her words in one place."""
        return {
            "start": self.start,
            "end": self.end,
            "intent": self.intent,
            "confidence": round(self.confidence, 4),
        }


@dataclass(frozen=True)
class Span:
    """A question and, where something was told just before it, where that begins."""

    start: int
    end: int
    background: Optional[int] = None


def questions(text: str) -> List[Span]:
    """Return the spans of ``text`` that ask something, in order, at most ``MAX_QUESTIONS``."""
    found: List[Span] = []
    told: Optional[int] = None
    for start, end in _parts(text[:MAX_CHARACTERS]):
        part = text[start:end]
        if not _asks(part):
            told = start if told is None else told
            if len(text[told:end].split()) > BACKGROUND_WORDS:
                told = start
            continue
        if told is not None and len(text[told:start].split()) > BACKGROUND_WORDS:
            told = None
        found.append(Span(start, end, told))
        told = None
    return found[:MAX_QUESTIONS]


def ask_each(text: str, rank: Rank) -> List[Question]:
    """Return the questions of ``text`` in order, each intent once; empty unless there are two.

    ``rank`` gives the intents of a text with their probabilities, the most probable first. A part
    is read alone and with what was told before it, and the surer reading counts.
    """
    spans = questions(text)
    if len(spans) < 2:
        return []
    asked: Dict[str, Question] = {}
    for span in spans:
        starts = [span.start] if span.background is None else [span.start, span.background]
        readings = [rank(text[start : span.end])[0] for start in starts]
        intent, confidence = max(readings, key=lambda reading: reading[1])
        if confidence >= SURE and (intent.startswith("faq_") or intent in ANSWERABLE):
            asked.setdefault(intent, Question(span.start, span.end, intent, confidence))
    return list(asked.values()) if len(asked) > 1 else []


def _parts(text: str) -> List[Tuple[int, int]]:
    """Return the spans between all cuts, without surrounding white space and empty ones."""
    cuts = {0, len(text)}
    for pattern in (_SENTENCE_END, _LIST_MARK, _NEW_QUESTION):
        cuts.update(match.end() for match in pattern.finditer(text))
    for match in _UNMARKED.finditer(text):
        begin = max(cut for cut in cuts if cut <= match.start())
        if not _STILL_OPEN.search(text[max(begin, match.end() - LOOK_BACK) : match.end()]):
            cuts.add(match.end())
    ordered = sorted(cuts)
    spans = []
    for start, end in itertools.pairwise(ordered):
        while start < end and text[start].isspace():
            start += 1
        while start < end and (loose := _LOOSE_WORD.search(text, max(start, end - 24), end)):
            end = loose.start()
        if start < end:
            spans.append((start, end))
    return spans


def _asks(part: str) -> bool:
    rest = part[_FILLERS.match(part).end() :]  # type: ignore[union-attr]
    return bool(_OPENING.match(rest) or _ASKS_INSIDE.search(part))
