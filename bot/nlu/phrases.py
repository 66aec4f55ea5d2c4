"""Sentences that steer the talk and need no guess: "tell me more", "stop", "delete my data".

They are read only where the rules found nothing, so a word too many here costs an answer and never
a symptom. The sentences are in phrases.yml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, FrozenSet, Optional, Pattern, Sequence, Tuple

from bot.yaml_files import read_yaml

FILE = Path(__file__).with_name("phrases.yml")
#: Longer messages are no steering words, and questions about the service stand at their beginning.
LONGEST_STEERING, LONGEST_READ = 120, 1000
_FOR_ANOTHER = re.compile(
    r"\bmy (?:pregnant )?(?:wife|girlfriend|partner|fiancee?|daughter|sister|friend)(?:'s)? "
    r"(?:has|had|is|feels|got|says|cannot|can'?t|keeps|arm|leg|head)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?|^\W*(?:(?:and|but|also|ok(?:ay)?|so|please|first|wait)\W+)*(?:what|why|how|when|where|which|"
    r"who|is|are|am|can|could|do|does|did|will|would|should|may|has|have i|tell me)\b",
    re.IGNORECASE,
)
_YES = re.compile(r"\W*(?:yes|yeah|yep|yup|ya|sure|ok|okay|please do|go ahead|of course)\b", re.I)
_NO = re.compile(r"\W*(?:no|nope|nah|not now|no thanks?|don'?t)\b", re.IGNORECASE)

_Forms = Sequence[Tuple[str, Pattern[str]]]


@dataclass(frozen=True)
class _Phrases:
    whole: _Forms
    service: _Forms
    loose: FrozenSet[str]
    loss: Pattern[str]
    not_this_loss: Pattern[str]


@lru_cache(maxsize=1)
def _load() -> _Phrases:
    raw: Dict[str, Any] = read_yaml(FILE)
    before, after = raw["polite"], raw["after"]
    whole = [
        (name, rf"\W*(?:(?:{before})\W+)*(?:{'|'.join(forms)})(?:\W+(?:{after}))*\W*")
        for name, forms in raw["whole"].items()
    ]
    service = [
        (name, form.replace("OURS", raw["ours"]))
        for name, forms in raw["service"].items()
        for form in forms
    ]
    return _Phrases(
        whole=[(name, re.compile(form, re.IGNORECASE)) for name, form in whole],
        service=[(name, re.compile(form, re.IGNORECASE)) for name, form in service],
        loose=frozenset(raw["only_beside_the_page"]),
        loss=re.compile("|".join(raw["loss"]), re.IGNORECASE),
        not_this_loss=re.compile("|".join(raw["not_this_loss"]), re.IGNORECASE),
    )


def steering(text: str) -> str:
    """Return what the whole of ``text`` asks of the talk (``tell_more``), or an empty string."""
    if len(text) > LONGEST_STEERING:
        return ""
    return next((name for name, form in _load().whole if form.fullmatch(text)), "")


def service_topic(text: str, out_of_scope: bool) -> str:
    """Return the question about the service that ``text`` asks, or an empty string.

    ``out_of_scope`` says that the classifier found no question of the page in it.
    """
    phrases = _load()
    for name, form in phrases.service:
        if (out_of_scope or name not in phrases.loose) and form.search(text[:LONGEST_READ]):
            return name
    return ""


def yes_or_no(text: str, intent: str) -> Optional[bool]:
    """Return how a short answer to an offer reads: yes, no, or None for neither."""
    if len(text.split()) > 8:
        return None
    if intent == "affirm" or _YES.match(text):
        return True
    if intent == "deny" or _NO.match(text):
        return False
    return None


def writes_for_another(text: str) -> bool:
    """Return whether somebody tells of a symptom of his wife, her sister, a friend (M-33)."""
    return bool(_FOR_ANOTHER.search(text[:LONGEST_READ]))


def tells_of_loss(text: str) -> bool:
    """Return whether she tells of a miscarriage or stillbirth in this pregnancy (F-343)."""
    told, phrases = text[:LONGEST_READ], _load()
    return bool(phrases.loss.search(told)) and not phrases.not_this_loss.search(told)


def looks_like_a_question(text: str) -> bool:
    """Return whether ``text`` has the form of a question."""
    return bool(_QUESTION.search(text[:LONGEST_READ]))
