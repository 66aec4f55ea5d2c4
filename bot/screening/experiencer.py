"""Whose a finding is: hers, or another person's (triage.md section 9.4)."""

from __future__ import annotations

from typing import Optional, Set, Tuple

from bot.screening.composition import Candidate
from bot.screening.grammar import grammar
from bot.screening.matching import Hit
from bot.screening.nearby import Nearby
from bot.triage.vocabulary import Experiencer

_SELF = grammar("first_person")
_BODY_KEYS = ("SK", "AW", "BR", "CI", "GI", "NE", "CA", "IS", "IN")
#: Hers unless it was plainly another's, and is over.
HERS_IF_CURRENT = ("OB", "G-12", "C-11")
_JOINERS = grammar("joiners")
_GOES_ON_ABOUT = grammar("pointing_words") | {"symptoms", "they", "includes", "signs"}


class People:
    """The persons a message names."""

    def __init__(self, nearby: Nearby):
        self._nearby = nearby
        self._read = nearby.read
        self._layout = nearby.layout
        self._cues = nearby.cues

    def whose(self, found: Candidate) -> Tuple[Experiencer, Set[str]]:
        """Whose the finding is, and the attributes that go with it ("group", "child")."""
        if self._group(found):
            return Experiencer.OTHER, {"group"}
        if not found.key.startswith((*_BODY_KEYS, *HERS_IF_CURRENT)):
            return Experiencer.PATIENT, set()
        subject = self._subject(found)
        if subject is None or self._is_about_patient(found):
            return Experiencer.PATIENT, set()
        if subject == "not_a_person":
            return Experiencer.OTHER, {"group"}
        if subject == "child":
            hers = found.key.startswith(HERS_IF_CURRENT)
            return (Experiencer.PATIENT, set()) if hers else (Experiencer.OTHER, {"child"})
        return Experiencer.OTHER, set()

    def _is_about_patient(self, found: Candidate) -> bool:
        """ "My wife" is the patient, her sister is not; what is "since my jab" is hers."""
        words = self._read.words
        begins = found.start > 0 and words[found.start - 1].word in _JOINERS
        if begins and any(
            hit.label == "injection" and words[hit.start - 1].word == "my"
            for hit in self._read.hits
            if found.end <= hit.start <= found.end + 4
        ):
            return True
        return any(
            not (hit.end < len(self._read.words) and self._is_person(hit.end))
            for hit in self._nearby.near("patient_words", found)
        )

    def _group(self, found: Candidate) -> bool:
        """People in general (O-05), in this sentence or in one that goes on about them."""
        words = self._read.words
        for hit in self._nearby.near("group", found):
            if hit.start < found.start and not any(
                words[i].word in _SELF for i in range(hit.end, found.end)
            ):
                return True
        start, _ = self._nearby.sentence_range(found)
        inside = self._nearby.sentence_words(found)
        if self._nearby.in_sentence("media", found) and _SELF.isdisjoint(inside):
            return True
        if words[start].word not in _GOES_ON_ABOUT:
            return False
        if not _SELF.isdisjoint(inside):
            return False
        return any(hit.start < start for hit in self._nearby.everywhere("group"))

    def _subject(self, found: Candidate) -> Optional[str]:
        """Somebody else named before the finding and not followed by "I" or "my"."""
        best: Optional[Tuple[int, str]] = None
        for label in ("relation", "child", "not_a_person"):
            for hit in self._cues.get(label, ()):
                if hit.start >= found.end or hit.start in found.evidence:
                    continue
                sentences = self._layout.sentence[found.start] - self._layout.sentence[hit.start]
                if sentences > 1 or (sentences == 1 and not self._third_person(found)):
                    continue
                if self._ends_with_self(hit.end, found) or self._writes(hit):
                    continue
                if label == "not_a_person" and not self._is_owned(hit, found):
                    continue
                if best is None or hit.start >= best[0]:
                    best = (hit.start, label)
        return best[1] if best else None

    def _writes(self, hit: Hit) -> bool:
        """ "Boyfriend here, she ..." is who writes, about the patient (G-16)."""
        words = self._read.words
        return hit.end < len(words) and words[hit.end].word == "here"

    def _is_owned(self, hit: Hit, found: Candidate) -> bool:
        """ "Our dog has hives", and not "like a dog shaking a rag"."""
        words = self._read.words
        if hit.start < 1 or found.start - hit.end > 5:
            return False
        before = words[hit.start - 1].word
        like = hit.start > 1 and words[hit.start - 2].word in ("like", "as")
        return before in ("the", "my", "our", "his", "her", "their") and not like

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
            for label in ("relation", "child", "not_a_person")
            for hit in self._cues.get(label, ())
        )
