"""Whose a finding is: hers, or another person's (triage.md section 9.4)."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Set, Tuple

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.grammar import grammar
from bot.screening.matching import Hit, Read
from bot.triage.vocabulary import Experiencer

_SELF = grammar("first_person")
_BODY_KEYS = ("SK", "AW", "BR", "CI", "GI", "NE", "CA", "IS", "IN")
_ALWAYS_HERS = ("OB", "MH", "TX", "RM", "G-")


class People:
    """The persons a message names; ``hits_near`` gives the cues in a finding's sentence."""

    def __init__(
        self,
        read: Read,
        layout: Layout,
        cues: Dict[str, List[Hit]],
        hits_near: Callable[[str, Candidate], List[Hit]],
    ):
        self._read = read
        self._layout = layout
        self._cues = cues
        self._hits_near = hits_near

    def whose(self, found: Candidate) -> Tuple[Experiencer, Set[str]]:
        """Whose the finding is, and the attributes that go with it ("group", "child")."""
        if found.key.startswith(_ALWAYS_HERS) and not self._group(found):
            return Experiencer.PATIENT, set()
        if self._group(found):
            return Experiencer.OTHER, {"group"}
        if not found.key.startswith(_BODY_KEYS):
            return Experiencer.PATIENT, set()
        subject = self._subject(found)
        if subject is None or self._hits_near("patient_words", found):
            return Experiencer.PATIENT, set()
        if subject == "child":
            return Experiencer.OTHER, {"child"}
        return Experiencer.OTHER, set()

    def _group(self, found: Candidate) -> bool:
        words = self._read.words
        for hit in self._hits_near("group", found):
            if hit.start < found.start and not any(
                words[i].word in _SELF for i in range(hit.end, found.end)
            ):
                return True
        return False

    def _subject(self, found: Candidate) -> Optional[str]:
        """Somebody else named before the finding and not followed by "I" or "my"."""
        best: Optional[Tuple[int, str]] = None
        for label in ("relation", "child"):
            for hit in self._cues.get(label, ()):
                if hit.start >= found.end or hit.start in found.evidence:
                    continue
                sentences = self._layout.sentence[found.start] - self._layout.sentence[hit.start]
                if sentences > 1 or (sentences == 1 and not self._third_person(found)):
                    continue
                if self._ends_with_self(hit.end, found):
                    continue
                if best is None or hit.start >= best[0]:
                    best = (hit.start, label)
        return best[1] if best else None

    def _third_person(self, found: Candidate) -> bool:
        words = self._read.words
        start = self._layout.sentence_starts[self._layout.sentence[found.start]]
        inside = [words[i].word for i in range(start, found.end)]
        return any(w in ("she", "he", "her", "his", "they") for w in inside)

    def _ends_with_self(self, start: int, found: Candidate) -> bool:
        words = self._read.words
        for index in range(start, found.end):
            word = words[index].word
            if word in ("i", "im", "ive", "me"):
                return True
            if word == "my" and not (index + 1 < len(words) and self._is_person(index + 1)):
                return True
        return False

    def _is_person(self, index: int) -> bool:
        return any(
            hit.start <= index < hit.end
            for label in ("relation", "child")
            for hit in self._cues.get(label, ())
        )
