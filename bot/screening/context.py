"""How each finding is meant and whose it is (triage.md section 9).

Order matters: what is happening to her now outranks every reading that would make it less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Sequence

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.experiencer import HERS_IF_CURRENT, People
from bot.screening.grammar import grammar
from bot.screening.history import History
from bot.screening.hypothetical import Hypothetical
from bot.screening.matching import Hit, Read
from bot.screening.nearby import Nearby
from bot.screening.negation import negated_words
from bot.screening.normalise import HARD_GAP
from bot.screening.questions import asks_about_help, asks_only, is_wish_for_death
from bot.triage.vocabulary import Assertion, Experiencer

_LINKING = grammar("before_good") | {"so", "are", "were", "much"}
#: Statements and questions about treatment are made, not had.
_STATEMENTS = ("TX", "RM", "G-", "Q-", "MH-06")


@dataclass(frozen=True)
class Meaning:
    """Assertion, experiencer and the attributes that go with them."""

    assertion: Assertion
    experiencer: Experiencer
    attributes: FrozenSet[str]


class Context:
    """The cues of one message, asked once per finding."""

    def __init__(
        self,
        read: Read,
        layout: Layout,
        cues: Dict[str, List[Hit]],
        found: Sequence[Candidate],
    ):
        self._read = read
        self._layout = layout
        self._nearby = Nearby(read, layout, cues)
        self.negated = negated_words(read, layout, cues, found)
        self._negators: Dict[int, int] = {}
        for hit in cues.get("neg", ()):
            self._negators[hit.start] = max(self._negators.get(hit.start, 0), hit.end)
        self._people = People(self._nearby)
        self._hypothetical = Hypothetical(self._nearby)
        self._history = History(self._nearby, self.negated, {each.start for each in found})

    @property
    def general_question(self) -> bool:
        """Whether a finding was only asked about in general (Q-01)."""
        return self._hypothetical.general_question

    def told_as_past(self, found: Candidate) -> bool:
        """Whether the finding is told as over."""
        return self._history.told_as_past(found)

    def was_long_gone(self, found: Candidate) -> bool:
        """Whether it was there in the first days or weeks of a treatment only, if it is gone."""
        return self._history.was_long_gone(found)

    def meaning(self, found: Candidate) -> Meaning:
        """How this finding is meant."""
        experiencer, extra = self._people.whose(found)
        assertion = self._assertion(found)
        if experiencer is Experiencer.OTHER and not extra:
            gone = assertion is Assertion.RESOLVED
            was_theirs = self._history.was_another_persons(found, gone)
            if was_theirs and assertion in (Assertion.PRESENT, Assertion.RESOLVED):
                assertion = Assertion.HISTORICAL
            elif not was_theirs and found.key.startswith(HERS_IF_CURRENT):
                experiencer = Experiencer.PATIENT
        return Meaning(assertion, experiencer, frozenset(extra))

    def _assertion(self, found: Candidate) -> Assertion:
        if self._is_negated(found):
            return Assertion.NEGATED
        if found.key in ("G-10", "G-12") and self._is_help_asked_about(found):
            return Assertion.HYPOTHETICAL
        if asks_only(found, self._read, self._layout):
            return Assertion.HYPOTHETICAL
        if found.key in ("TX-03", "TX-05") and self._hypothetical.holds(found):
            return Assertion.HYPOTHETICAL
        named = found.source == "named_reaction"
        if found.key.startswith(_STATEMENTS) and not named:
            return Assertion.PRESENT
        wish = is_wish_for_death(found, self._read, self._layout)
        if not wish and self._hypothetical.holds(found):
            return Assertion.HYPOTHETICAL
        if self._history.is_historical(found):
            return Assertion.HISTORICAL
        if self._history.is_resolved(found) and not named:
            return Assertion.RESOLVED
        return Assertion.PRESENT

    def _is_help_asked_about(self, found: Candidate) -> bool:
        """Whether the pen or the call for help is asked about and neither used nor needed now."""
        return self._hypothetical.asked_about(found) or asks_about_help(
            found, self._read, self._layout
        )

    def _is_negated(self, found: Candidate) -> bool:
        words = self._read.words
        evidence = sorted(found.evidence)
        own = [self._negators[i] for i in evidence if i in self._negators]
        if any(self.negated[i] for i in evidence) and not own:
            return True
        if own and max(own) > found.end:
            return True  # "no breathing trouble" is no "no breathing"
        after = found.end
        if after < len(words) and words[after].word in ("no", "none", "nope", "nil", "negative"):
            following = words[after + 1] if after + 1 < len(words) else None
            if words[after].gap < HARD_GAP and (
                following is None or following.gap > 0 or following.word == "no"
            ):
                return True
        if found.key == "OB-03":
            return False  # "the movements are much less" is the finding
        return any(self._follows(hit, found) for hit in self._nearby.in_sentence("post_neg", found))

    def _follows(self, hit: Hit, found: Candidate) -> bool:
        """ "My wheeze is so much less": right after the finding, or after "is", "was", "so"."""
        if hit.start <= found.start or hit.end < found.end:
            return False
        words = self._read.words
        goes_on = hit.end < len(words) and not words[hit.end].gap
        if goes_on and words[hit.start].word in ("and", "but"):
            return False  # "dizzy and I haven't eaten" denies a meal
        between = self._read.words[found.end : hit.start]
        return len(between) <= 1 or all(word.word in _LINKING for word in between[:4])
