"""How a short answer to the bot's own question reads: yes, a clear no, no, hedged, refused, or not.

Only answers are read here, never symptoms: those are screening's, and a symptom in an answer wins.
English only; an answer in another language is unreadable and leads to U-02.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, FrozenSet, List, Mapping, Optional, Pattern, Tuple

from bot.triage.reader import TABLES, load_table, read_yaml
from bot.triage.table import Question, TableError


class Reading(str, enum.Enum):
    """How an answer reads (G-09, N-05, U-02, U-03)."""

    YES = "yes"
    HEDGED = "hedged"
    NO_TO_ALL = "no_to_all"
    NO = "no"
    UNREADABLE = "unreadable"
    REFUSED = "refused"


@dataclass(frozen=True)
class Reply:
    """An answer to ``question``: how it reads, the number in it, the choice it names."""

    question: str
    reading: Reading
    number: Optional[float] = None
    choice: Optional[str] = None


_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class _Words:
    """The lists of answers.yml, ready to search."""

    most_words: int
    yes: FrozenSet[str]
    no: FrozenSet[str]
    exceptions: FrozenSet[str]
    fillers: FrozenSet[str]
    numbers: Tuple[str, ...]
    yes_phrases: Pattern[str]
    no_to_all: Pattern[str]
    hedges: Pattern[str]
    refusals: Pattern[str]


@lru_cache(maxsize=1)
def _load_words() -> _Words:
    path = TABLES / "answers.yml"
    raw = read_yaml(path)
    try:
        return _Words(
            most_words=raw["most_words"],
            numbers=tuple(raw["numbers"]),
            yes=frozenset(raw["yes_words"]),
            no=frozenset(raw["no_words"]),
            exceptions=frozenset(raw["exceptions"]),
            fillers=frozenset(raw["fillers"]),
            **{
                name: _phrases(raw[name])
                for name in ("yes_phrases", "no_to_all", "hedges", "refusals")
            },
        )
    except (KeyError, TypeError) as error:
        raise TableError(
            f"answers.yml: the list {error} is missing or no list of words."
        ) from error


def _phrases(phrases: List[str]) -> Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")


_BUTTON_READINGS = (Reading.YES, Reading.HEDGED, Reading.NO_TO_ALL)


def reply_to(state: Optional[Mapping[str, Any]], text: str) -> Optional[Reply]:
    """Return how ``text`` answers the open question of an episode's ``state``; None without one."""
    question = (state or {}).get("open_question")
    return read_reply(text, question) if question else None


def read_reply(text: str, question_id: str) -> Reply:
    """Return how ``text`` answers the question ``question_id``.

    Raises KeyError when questions.yml has no such question. Never raises on any text.
    """
    question = load_table().questions[question_id]
    plain = _plain(text)
    for position, button in enumerate(question.buttons):
        if question.kind == "yes_no" and plain == _plain(button):
            return Reply(question_id, _BUTTON_READINGS[min(position, 2)])
    return Reply(question_id, _reading(plain), _number(text, plain), _choice(plain, question))


def _plain(text: str) -> str:
    """Return lower-case words, single spaces, no apostrophes, at most two of a letter in a row."""
    text = text[:500].lower().replace("’", "'").replace("'", "")
    text = re.sub(r"([a-z])\1{2,}", r"\1", text)
    return " ".join(re.findall(r"[a-z0-9.]+", text)).strip(". ")


def _reading(plain: str) -> Reading:
    lists = _load_words()
    words = [word for word in (word.strip(".") for word in plain.split()) if word]
    if not words:
        return Reading.UNREADABLE
    plain = " ".join(words)
    if lists.refusals.search(plain):
        return Reading.REFUSED
    if words[0] in lists.yes:
        # "yes and no" too: a contradiction counts as positive (G-05).
        return Reading.YES
    if len(words) > lists.most_words:
        return Reading.UNREADABLE
    exception = not lists.exceptions.isdisjoint(words)
    if plain == "none" or lists.no_to_all.search(plain) or (exception and words[0] == "none"):
        return Reading.HEDGED if exception else Reading.NO_TO_ALL
    if lists.yes_phrases.match(plain) and not exception:
        return Reading.YES
    rest = set(lists.hedges.sub(" ", plain).split())
    if lists.hedges.match(plain) or (
        lists.hedges.search(plain) and rest <= lists.fillers | lists.yes | lists.no
    ):
        return Reading.HEDGED
    if not lists.yes.isdisjoint(words):
        return Reading.YES
    if words[0] in lists.no and set(words) <= lists.no | lists.fillers:
        return Reading.NO
    return Reading.UNREADABLE


def _number(text: str, plain: str) -> Optional[float]:
    match = _NUMBER.search(text[:500])
    if match:
        return float(match.group().replace(",", "."))
    numbers = _load_words().numbers
    return next((float(numbers.index(w)) for w in plain.split() if w in numbers), None)


def _choice(plain: str, question: Question) -> Optional[str]:
    if not plain:
        return None
    exact = [choice for choice in question.choices if _plain(choice) == plain]
    if exact:
        return exact[0]
    near = [
        choice
        for choice in question.choices
        if any(word in plain.split() for word in _telling(choice))
    ]
    return near[0] if len(near) == 1 else None


def _telling(choice: str) -> frozenset:
    return frozenset(_plain(choice).split()) - {"or", "at", "the", "only", "also", "injection"}
