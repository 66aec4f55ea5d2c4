"""What is feared, asked about in general or only imagined (triage.md section 9.3)."""

from __future__ import annotations

from bot.screening.composition import Candidate
from bot.screening.grammar import grammar
from bot.screening.matching import Hit
from bot.screening.nearby import Nearby
from bot.screening.questions import asks_what_may_be

_INJECTION_WORDS = grammar("injection_words")
_GOES_ON = grammar("verbs_of_now")
_SELF = grammar("first_person")
_OWN = frozenset({"my", "i", "im", "ive"})
_INVERTED = grammar("inverted_verbs")
_ASKED = grammar("asked_subjects")
_QUESTION_WORDS = grammar("question_words")
_AFTER_CAN = grammar("not_asking_after_can")
_TOLD_OF = grammar("third_person_subjects") | {"my", "her", "his", "the"}
_JOINERS = grammar("joiners")
_NOT_YET = grammar("asks_what_may_or_must_be")
_LOOKED_UP = grammar("looked_up")
#: "Hives after the shot symptoms" is told of an injection.
_LINKED = frozenset({"after", "since", "was", "had", "got", "help"})
_ANYBODY = grammar("anybody") | grammar("third_person_subjects")
_GOES_ON_WITH = grammar("goes_on_about_hers")
_NOT_HERS = grammar("says_hers_is_well")
_DEICTIC = grammar("pointing_words")
_STATES = frozenset({"is", "are", "be", "feels", "feel", "am", "im", "feeling"})


class Hypothetical:
    """Asks of each finding of a message whether anybody has it; remembers general questions."""

    def __init__(self, nearby: Nearby):
        self._nearby = nearby
        self.general_question = False

    def holds(self, found: Candidate) -> bool:
        """Whether the finding is only feared, imagined or asked about (Q-01, Q-04)."""
        if self._future_fear(found):
            return True
        if self._happening(found) or self._has_hers(found):
            return False
        nearby = self._nearby
        statement = nearby.statement(found.start)
        for hit in nearby.near("if_cue", found):
            if hit.start < found.start and not nearby.parted(hit.end - 1, found.start - 1):
                if self._compares(hit) or self._asks_about_her_own(hit, found):
                    continue
                if nearby.statement(hit.start) != statement and self._tells_of_now(found):
                    continue
                self.general_question = True
                return True
        for hit in nearby.near("if_plain", found):
            if self._compares(hit) or self._is_consequence(hit, found):
                continue
            near = nearby.statement(hit.start) in (statement, statement - 1)
            if hit.start < found.start and near and not self._personal_state(found, hit.end):
                self.general_question = True
                return True
        if self._is_looked_up(found):
            self.general_question = True
            return True
        if self._is_general_question(found) or asks_what_may_be(found, nearby.read, nearby.layout):
            self.general_question = True
            return True
        return False

    def _compares(self, hit: Hit) -> bool:
        """ "It is as if somebody squeezes my throat" compares, and doubts nothing."""
        words = self._nearby.read.words
        before = words[hit.start - 1].word if hit.start else ""
        return words[hit.start].word == "if" and before in ("as", "even", "like")

    def _asks_about_her_own(self, hit: Hit, found: Candidate) -> bool:
        """ "Should my throat be closing", "what do I do if my lips are swelling" (Q-02)."""
        last = self._nearby.read.words[hit.end - 1].word
        return last in ("if", "my") and self._personal_state(found, hit.end - 1)

    def _is_consequence(self, hit: Hit, found: Candidate) -> bool:
        """ "If I lie down I can't breathe" tells what happens, "if I had it I would faint" not."""
        inside = [word.word for word in self._nearby.read.words[hit.end : found.start + 1]]
        own = [place for place, word in enumerate(inside) if word in _OWN]
        return (
            len(own) > 1
            and own[0] == 0
            and inside[own[-1] - 1] not in _JOINERS
            and _NOT_YET.isdisjoint(inside)
        )

    def asked_about(self, found: Candidate) -> bool:
        """ "Who calls the ambulance if ...?" and "if it closed I would ring 999" call none."""
        nearby = self._nearby
        if nearby.in_sentence("some_day", found):
            return True
        if any(
            hit.start < found.start and not nearby.parted(hit.end - 1, found.start - 1)
            for hit in nearby.in_sentence("if_cue", found)
        ):
            return True
        words = nearby.read.words
        return any(
            hit.start < found.start
            and any(word.word in ("would", "should") for word in words[hit.end : found.start])
            for hit in nearby.in_sentence("if_plain", found)
        )

    def _future_fear(self, found: Candidate) -> bool:
        for fear in self._nearby.near("fear", found):
            if not 0 <= found.start - fear.end <= 9:
                continue
            between = range(fear.end, found.end)
            if any(hit.start in between for hit in self._nearby.near("future", found)):
                return True
        return False

    def _happening(self, found: Candidate) -> bool:
        """A personal detail that makes a question about something current (Q-02)."""
        statement = self._nearby.statement(found.start)
        return any(
            self._nearby.statement(hit.start) == statement
            for hit in self._nearby.near("certain_now", found)
        )

    def _has_hers(self, found: Candidate) -> bool:
        """ "Can b12 make a throat close? Mine feels like it is": she tells of her own (Q-02)."""
        words = self._nearby.read.words
        for place in range(found.end, min(len(words) - 1, found.end + 15)):
            if words[place].word == "mine" and words[place + 1].word in _GOES_ON_WITH:
                rest = {word.word for word in words[place + 1 : place + 7]}
                return _NOT_HERS.isdisjoint(rest)
        return False

    def _tells_of_now(self, found: Candidate) -> bool:
        """ "I read the leaflet and my throat is closing": her own statement, about now (Q-02)."""
        inside = set(self._nearby.statement_words(found))
        return not inside.isdisjoint(_OWN) and not inside.isdisjoint(_GOES_ON - {"get", "gets"})

    def _personal_state(self, found: Candidate, start: int) -> bool:
        """ "if my throat feels tight" is told of herself; "if my throat closes" is not yet so."""
        inside = [word.word for word in self._nearby.read.words[start : found.end]]
        own = max((place for place, word in enumerate(inside) if word in _OWN), default=None)
        return own is not None and not _STATES.isdisjoint(inside[own:])

    def _tells_what_she_cannot(self, found: Candidate) -> bool:
        """ "Can type can walk cant swallow" and "cant breathe help?" leave out "I"."""
        start, _ = self._nearby.sentence_range(found)
        words = self._nearby.read.words
        return any(
            words[place].word == "cant"
            and (place == start or words[place - 1].word not in _ANYBODY)
            for place in range(start, found.end)
        )

    def _is_looked_up(self, found: Candidate) -> bool:
        """ "Anaphylaxis vs panic attack symptoms", as typed into a search box."""
        words = [word.word for word in self._nearby.read.words]
        if len(words) > 8 or not _SELF.union(_GOES_ON, _LINKED).isdisjoint(words):
            return False
        if any(word.gap for word in self._nearby.read.words[1:]):
            return False
        return not _LOOKED_UP.isdisjoint(words[-1:]) or not {"vs", "versus"}.isdisjoint(words)

    def _is_general_question(self, found: Candidate) -> bool:
        layout = self._nearby.layout
        sentence = layout.sentence[found.start]
        inside = self._nearby.sentence_words(found)[:60]
        if not inside or any(word in _SELF for word in inside):
            return False
        first = inside[0]
        second = inside[1] if len(inside) > 1 else ""
        asks = first in _QUESTION_WORDS and second not in _AFTER_CAN
        if first in _INVERTED and second not in _ASKED and sentence not in layout.questions:
            return False
        if first == "when" and second in _TOLD_OF:
            # "When she smiles only half her mouth goes up" tells, and asks nothing.
            return False
        if not asks and sentence not in layout.questions:
            return False
        if self._nearby.near("anyone_else", found) or self._tells_what_she_cannot(found):
            return False
        if any(word in _DEICTIC for word in inside[:2]) and sentence in layout.questions:
            return second == "this" and len(inside) > 2 and inside[2] in _INJECTION_WORDS
        return asks or (sentence in layout.questions and len(inside) > 3)
