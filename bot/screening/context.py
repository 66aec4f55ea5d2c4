"""How each finding is meant and whose it is (triage.md section 9).

Order matters: what is happening to her now outranks every reading that would make it less.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Sequence, Set

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.experiencer import People
from bot.screening.grammar import grammar
from bot.screening.matching import Hit, Read
from bot.screening.negation import negated_words
from bot.screening.normalise import HARD_GAP
from bot.screening.questions import asks_only, is_wish_for_death
from bot.triage.vocabulary import Assertion, Experiencer

_INJECTION_WORDS = grammar("injection_words")
_PAST_VERBS = grammar("past_verbs")
_BEGINS = grammar("verbs_of_beginning")
_GOES_ON = grammar("verbs_of_now")
_SELF = grammar("first_person")
_OWN = frozenset({"my", "i", "im", "ive"})
_QUESTION_WORDS = grammar("question_words")
_AFTER_CAN = grammar("not_asking_after_can")
_TOLD_OF = grammar("third_person_subjects") | {"my", "her", "his", "the"}
_DEICTIC = grammar("pointing_words")
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

    def __init__(self, read: Read, layout: Layout, cues: Dict[str, List[Hit]]):
        self._read = read
        self._layout = layout
        self._cues = cues
        self.negated = negated_words(read, layout, cues)
        self._negators = frozenset(h.start for h in cues.get("neg", ()))
        self._by_sentence: Dict[str, Dict[int, List[Hit]]] = {}
        for label, hits in cues.items():
            groups: Dict[int, List[Hit]] = defaultdict(list)
            for hit in hits:
                groups[layout.sentence[hit.start]].append(hit)
            self._by_sentence[label] = groups
        self._people = People(read, layout, cues, self._hits)
        self.general_question = False
        self.starts_of_findings: Set[int] = set()

    def meaning(self, found: Candidate) -> Meaning:
        """How this finding is meant."""
        experiencer, extra = self._people.whose(found)
        return Meaning(self._assertion(found), experiencer, frozenset(extra))

    def _hits(self, label: str, found: Candidate) -> List[Hit]:
        """Cues of this kind in the sentence of the finding, not among its own words."""
        sentence = self._layout.sentence[found.start]
        return [
            hit
            for hit in self._by_sentence.get(label, {}).get(sentence, ())
            if found.evidence.isdisjoint(range(hit.start, hit.end))
        ]

    def _statement(self, index: int) -> int:
        return self._layout.statement[index]

    def _assertion(self, found: Candidate) -> Assertion:
        if self._is_negated(found):
            return Assertion.NEGATED
        if found.key == "G-12" and self._asked_about(found):
            return Assertion.HYPOTHETICAL
        if asks_only(found, self._read, self._layout):
            return Assertion.HYPOTHETICAL
        if found.key.startswith(_STATEMENTS):
            return Assertion.PRESENT
        if not is_wish_for_death(found, self._read, self._layout) and self._is_hypothetical(found):
            return Assertion.HYPOTHETICAL
        if self._is_historical(found):
            return Assertion.HISTORICAL
        if self._is_resolved(found):
            return Assertion.RESOLVED
        return Assertion.PRESENT

    def _is_negated(self, found: Candidate) -> bool:
        words = self._read.words
        evidence = sorted(found.evidence)
        if any(self.negated[i] for i in evidence) and not any(
            i in self._negators for i in evidence
        ):
            return True
        after = found.end
        if after < len(words) and words[after].word in ("no", "none", "nope", "nil", "negative"):
            following = words[after + 1] if after + 1 < len(words) else None
            if words[after].gap < HARD_GAP and (
                following is None or following.gap > 0 or following.word == "no"
            ):
                return True
        return any(0 <= hit.start - found.end <= 1 for hit in self._hits("post_neg", found))

    def _is_hypothetical(self, found: Candidate) -> bool:
        if self._future_fear(found):
            return True
        if self._happening(found):
            return False
        statement = self._statement(found.start)
        for hit in self._hits("if_cue", found):
            if hit.start < found.start and self._reaches(hit, found):
                if self._statement(hit.start) != statement and self._tells_of_now(found):
                    continue
                self._note_general(found)
                return True
        for hit in self._hits("if_plain", found):
            near = self._statement(hit.start) in (statement, statement - 1)
            if hit.start < found.start and near and not self._personal_state(found, hit.end):
                self._note_general(found)
                return True
        if self._is_general_question(found):
            self.general_question = True
            return True
        return False

    def _asked_about(self, found: Candidate) -> bool:
        """ "Who calls the ambulance if ...?" calls none."""
        return any(
            hit.start < found.start and self._reaches(hit, found)
            for hit in self._by_sentence.get("if_cue", {}).get(
                self._layout.sentence[found.start], ()
            )
        )

    def _reaches(self, hit: Hit, found: Candidate) -> bool:
        """Whether a cue before the finding still governs it: no "but" between them."""
        for label in ("part",):
            for stop in self._cues.get(label, ()):
                if hit.end <= stop.start < found.start:
                    return False
        return True

    def _note_general(self, found: Candidate) -> None:
        self.general_question = True

    def _future_fear(self, found: Candidate) -> bool:
        for fear in self._hits("fear", found):
            if not 0 <= found.start - fear.end <= 9:
                continue
            between = range(fear.end, found.end)
            if any(hit.start in between for hit in self._hits("future", found)):
                return True
        return False

    def _happening(self, found: Candidate) -> bool:
        """A personal detail that makes a question about something current (Q-02)."""
        statement = self._statement(found.start)
        return any(
            self._statement(hit.start) == statement for hit in self._hits("certain_now", found)
        )

    def _tells_of_now(self, found: Candidate) -> bool:
        """ "I read the leaflet and my throat is closing": her own statement, about now (Q-02)."""
        statement = self._statement(found.start)
        inside = {
            word.word
            for word, number in zip(self._read.words, self._layout.statement, strict=True)
            if number == statement
        }
        return not inside.isdisjoint(_OWN) and not inside.isdisjoint(_GOES_ON - {"get", "gets"})

    def _personal_state(self, found: Candidate, start: int) -> bool:
        """ "if my throat feels tight" is told of herself; "if my throat closes" is not yet so."""
        words = self._read.words
        inside = [words[i].word for i in range(start, found.end)]
        own = any(word in ("my", "i", "im") for word in inside)
        state = any(word in ("is", "are", "feels", "feel", "am", "feeling") for word in inside)
        return own and state

    def _is_general_question(self, found: Candidate) -> bool:
        words = self._read.words
        sentence = self._layout.sentence[found.start]
        start = self._layout.sentence_starts[sentence]
        end = (
            self._layout.sentence_starts[sentence + 1]
            if sentence + 1 < len(self._layout.sentence_starts)
            else len(words)
        )
        inside = [words[i].word for i in range(start, min(end, start + 60))]
        if not inside or any(word in _SELF for word in inside):
            return False
        first = inside[0]
        second = inside[1] if len(inside) > 1 else ""
        asks = first in _QUESTION_WORDS and second not in _AFTER_CAN
        if first == "when" and second in _TOLD_OF:
            # "When she smiles only half her mouth goes up" tells, and asks nothing.
            return False
        if not asks and sentence not in self._layout.questions:
            return False
        if self._hits("anyone_else", found) or "cant" in inside[:2]:
            return False
        if any(word in _DEICTIC for word in inside[:2]) and sentence in self._layout.questions:
            return second == "this" and len(inside) > 2 and inside[2] in _INJECTION_WORDS
        return asks or (sentence in self._layout.questions and len(inside) > 3)

    def _is_historical(self, found: Candidate) -> bool:
        statement = self._statement(found.start)
        for hit in self._hits("history", found) + self._past_history(found):
            if self._dates_injection(hit, statement):
                continue
            if abs(self._statement(hit.start) - statement) > 1:
                continue
            if not self._reaches_either(hit, found):
                continue
            if any(
                abs(self._statement(again.start) - statement) <= 0
                for again in self._hits("again", found)
            ):
                continue
            return True
        return False

    def _past_history(self, found: Candidate) -> List[Hit]:
        """ "before the shots" is history only of what "was" or "used to" be."""
        words = self._read.words
        number = self._layout.sentence[found.start]
        start = self._layout.sentence_starts[number]
        if any(w.word in _PAST_VERBS for w in words[start : found.end]):
            return self._hits("history_past", found)
        return []

    def told_as_past(self, found: Candidate) -> bool:
        """Whether the finding is told as over: a verb in the past or none at all ("dizzy 3 weeks
        ago"), no verb of beginning, and nothing like "still" or "again"."""
        words = self._read.words
        number = self._layout.sentence[found.start]
        starts = self._layout.sentence_starts
        end = starts[number + 1] if number + 1 < len(starts) else len(words)
        inside = [w.word for w in words[starts[number] : end]]
        if any(word in _BEGINS for word in inside) or self._hits("again", found):
            return False
        return any(w in _PAST_VERBS for w in inside[: found.end - starts[number]]) or not any(
            word in _GOES_ON for word in inside
        )

    def _dates_injection(self, hit: Hit, statement: int) -> bool:
        """ "my last injection was a month ago" says nothing about when the symptom was."""
        number = self._statement(hit.start)
        return number != statement and any(
            other.label == "injection" and self._statement(other.start) == number
            for other in self._read.hits
        )

    def _reaches_either(self, hit: Hit, found: Candidate) -> bool:
        low, high = sorted((hit.start, found.start))
        return not any(low < stop.start <= high for stop in self._cues.get("part", ()))

    def _is_resolved(self, found: Candidate) -> bool:
        """Gone: the nearest findings before "gone now", in this statement or the next."""
        for hit in self._cues.get("resolved", ()):
            if hit.start < found.end or not found.evidence.isdisjoint(range(hit.start, hit.end)):
                continue
            if self.negated[hit.start]:
                continue
            if self._consumed(hit):
                continue
            distance = self._layout.sentence[hit.start] - self._layout.sentence[found.start]
            if distance > 1 or hit.start - found.end > 25:
                continue
            if self._statement(hit.start) == self._statement(found.start):
                return True
            if not self._other_between(hit, found):
                return True
        return False

    def _consumed(self, hit: Hit) -> bool:
        """A longer phrase ("gone grey", "stopped moving") uses up the word."""
        return any(
            other.start <= hit.start
            and other.end >= hit.end
            and other.end - other.start > 1
            and other.label not in self._cues
            for other in self._read.hits
            if other.start <= hit.start < other.end
            and (other.start, other.end) != (hit.start, hit.end)
        )

    def _other_between(self, hit: Hit, found: Candidate) -> bool:
        """Whether "gone" has a subject of its own: "... but the itch is gone"."""
        return any(start in range(found.end, hit.start) for start in self.starts_of_findings)


def contexts(
    read: Read, layout: Layout, cues: Dict[str, List[Hit]], found: Sequence[Candidate]
) -> Context:
    """The context of a message that knows where its findings are."""
    context = Context(read, layout, cues)
    context.starts_of_findings = {candidate.start for candidate in found}
    return context
