"""What was, and is no longer: history and what has gone (triage.md section 9.2)."""

from __future__ import annotations

from itertools import pairwise
from typing import FrozenSet, List, Set

from bot.screening.composition import Candidate
from bot.screening.grammar import grammar
from bot.screening.matching import Hit
from bot.screening.nearby import Nearby

_PAST_VERBS = grammar("past_verbs")
_BEGINS = grammar("verbs_of_beginning")
_GOES_ON = grammar("verbs_of_now")
_TRIED = grammar("verbs_of_having_tried")
_PAST_STATES = grammar("past_states") | _PAST_VERBS
_ASKED_BY = grammar("asks_what_may_or_must_be") | grammar("asks_what_must_be_done")
_NOW_VERBS = frozenset({"am", "is", "are", "feel", "feels", "feeling", "getting", "now"})
_ONSETS = grammar("after_since_when_it_began")
_NOT_A_NAME = grammar("not_a_drug_name")


class History:
    """Asks of each finding of a message whether it is over."""

    def __init__(self, nearby: Nearby, negated: List[bool], starts_of_findings: Set[int]):
        self._nearby = nearby
        self._negated = negated
        self._starts_of_findings = starts_of_findings
        self._own_labels: FrozenSet[str] = frozenset(nearby.cues)

    def is_historical(self, found: Candidate) -> bool:
        """Whether it is told as history ("used to", "years ago") and not as back again (P-04)."""
        nearby = self._nearby
        statement = nearby.statement(found.start)
        if self._before_the_switch(found) or self._before_the_cure(found):
            return True
        if self._is_tendency(found) or self._is_earlier_reaction(found):
            return True
        if self._is_of_a_year(found):
            return True
        for hit in nearby.near("history", found) + self._past_history(found):
            if self._dates_injection(hit, statement) or self._negated[hit.start]:
                continue
            if self._is_of_something_else(hit, found):
                continue
            if abs(nearby.statement(hit.start) - statement) > 1:
                continue
            low, high = sorted((hit.start, found.start))
            if nearby.parted(low, high):
                continue
            if any(
                nearby.statement(again.start) == statement
                and not self._counts_weeks(again)
                and not self._is_asked(again)
                for again in nearby.near("again", found)
            ):
                continue
            return True
        return False

    def _is_of_something_else(self, hit: Hit, found: Candidate) -> bool:
        """ "SOB, hx of asthma" tells of asthma, "more breathless than I used to be" of now."""
        words = self._nearby.read.words
        apart = hit.start > found.end or (hit.start == found.end and words[hit.start].gap)
        if apart and words[hit.end - 1].word == "of":
            return True
        return "than" in (word.word for word in words[max(0, hit.start - 3) : hit.start])

    def _is_of_a_year(self, found: Candidate) -> bool:
        """ "Reacted to the flu shot in 2004": nobody names the year of what is happening."""
        if self._nearby.near("again", found) or self._nearby.in_sentence("recent", found):
            return False
        inside = self._nearby.sentence_words(found)
        return any(
            word.isdigit() and len(word) == 4 and word.startswith(("19", "20")) and before == "in"
            for before, word in pairwise(inside)
        )

    def _is_tendency(self, found: Candidate) -> bool:
        """ "I always pass out when they take blood": what sets it off is told, in the present."""
        if not found.key.startswith(("CI", "SK", "C-11")):
            return False
        nearby = self._nearby
        if nearby.in_sentence("recent", found) or self._follows_injection(found):
            return False
        start, _ = nearby.sentence_range(found)
        inside = [word.word for word in nearby.read.words[max(start, found.start - 4) : found.end]]
        told = _PAST_VERBS.union(_NOW_VERBS).isdisjoint(inside) and not any(
            word.endswith(("ed", "ing")) for word in inside
        )
        return told and bool(nearby.in_sentence("set_off_by", found))

    def _is_earlier_reaction(self, found: Candidate) -> bool:
        """ "I had a reaction to a vaccine once": to another thing or another time (P-03, TX-03)."""
        if found.key != "C-11" and found.source != "named_reaction":
            return False
        nearby = self._nearby
        if nearby.near("again", found) or nearby.in_sentence("recent", found):
            return False
        if not _NOW_VERBS.union(("having",)).isdisjoint(nearby.statement_words(found)):
            return False
        return bool(nearby.near("earlier_occasion", found))

    def _past_history(self, found: Candidate) -> List[Hit]:
        """ "before the shots" is history only of what "was" or "used to" be."""
        start, _ = self._nearby.sentence_range(found)
        words = self._nearby.read.words
        if any(w.word in _PAST_VERBS for w in words[start : found.end]) or any(
            w.word == "would" for w in words[max(start, found.start - 1) : found.end]
        ):
            return self._nearby.near("history_past", found)
        return []

    def _before_the_switch(self, found: Candidate) -> bool:
        """ "I was on lisinopril, it made my lips swell. Switched": told of another, named drug.

        "This", "it" or a dose after "was on" is the drug she writes about, and no earlier one.
        """
        nearby = self._nearby
        words = nearby.read.words
        sentence = nearby.layout.sentence
        at = sentence[found.start]
        if not _GOES_ON.isdisjoint(nearby.statement_words(found)) or nearby.near("again", found):
            return False
        if self._follows_injection(found):
            return False
        return any(
            hit.end < found.start
            and at - sentence[hit.start] <= 1
            and words[hit.end].word not in _NOT_A_NAME
            and not words[hit.end].word[0].isdigit()
            for hit in nearby.everywhere("earlier_drug")
        ) and any(
            hit.start >= found.end and sentence[hit.start] - at <= 2
            for hit in nearby.everywhere("switched")
        )

    def _before_the_cure(self, found: Candidate) -> bool:
        """ "I couldn't breathe with my allergies, this cured it": the complaint it was taken for.

        Not what a remedy for a reaction took away (G-11), nor what is told as there now.
        """
        nearby = self._nearby
        sentence = nearby.layout.sentence
        if nearby.everywhere("remedy") or nearby.near("again", found):
            return False
        if self._follows_injection(found):
            return False
        start, end = nearby.sentence_range(found)
        return any(
            hit.start >= found.end
            and sentence[hit.start] - sentence[found.start] <= 1
            and any(
                word.word in _PAST_STATES for word in nearby.read.words[start : min(end, hit.start)]
            )
            for hit in nearby.everywhere("cured_since")
        )

    def _follows_injection(self, found: Candidate) -> bool:
        """Whether its sentence says "after" or "since" an injection: nobody's old story."""
        words = self._nearby.read.words
        sentence = self._nearby.layout.sentence
        return any(
            sentence[hit.start] == sentence[found.start]
            and any(word.word in ("after", "since") for word in words[hit.start - 2 : hit.start])
            for hit in self._nearby.read.hits
            if hit.label == "injection" and hit.start > 1
        )

    def was_long_gone(self, found: Candidate) -> bool:
        """Whether something gone belonged to the first days or weeks of a treatment."""
        return bool(self._nearby.near("first_period", found)) and not self._nearby.near(
            "again", found
        )

    def _dates_injection(self, hit: Hit, statement: int) -> bool:
        """ "my last injection was a month ago" says nothing about when the symptom was."""
        number = self._nearby.statement(hit.start)
        return any(
            other.label == "injection"
            and (
                self._nearby.statement(other.start) == number != statement
                or self._is_last(other, hit)
            )
            for other in self._nearby.read.hits
        )

    def _is_last(self, injection: Hit, hit: Hit) -> bool:
        """ "Last injection two months ago", within one statement."""
        words = self._nearby.read.words
        before = words[injection.start - 1].word if injection.start else ""
        return before in ("last", "latest", "recent") and 0 <= hit.start - injection.end <= 3

    def _counts_weeks(self, again: Hit) -> bool:
        """ "... last year, now 8 weeks": "now" is about the pregnancy."""
        words = self._nearby.read.words
        return again.end < len(words) and words[again.end].word[0].isdigit()

    def _is_asked(self, again: Hit) -> bool:
        """ "Last time I got hives, do I still take the next one": "still" is about the next one."""
        words = self._nearby.read.words
        return again.start > 1 and words[again.start - 2].word in _ASKED_BY

    def told_as_past(self, found: Candidate) -> bool:
        """Whether the finding is told as over: a verb in the past or none at all ("dizzy 3 weeks
        ago"), no verb of beginning, and nothing like "still" or "again"."""
        start, _ = self._nearby.sentence_range(found)
        inside = self._nearby.sentence_words(found)
        if any(word in _BEGINS for word in inside) or self._nearby.near("again", found):
            return False
        if any(word == "since" and after in _ONSETS for word, after in pairwise(inside)):
            return False  # "breathless since last week" has not stopped
        return any(w in _PAST_VERBS for w in inside[: found.end - start]) or not any(
            word in _GOES_ON for word in inside
        )

    def was_another_persons(self, found: Candidate, gone: bool = False) -> bool:
        """Whether somebody else had it once, or has it now and then: nothing current (O-01).

        She had tried the drug, or it is told beside how the writer herself does, or as a habit.
        What happened today or minutes ago is current, whoever tells it.
        """
        nearby = self._nearby
        words = nearby.read.words
        recent = nearby.in_sentence("recent", found)
        if any(not (gone and words[hit.start].word == "now") for hit in recent):
            return False
        if nearby.in_sentence("habit", found):
            return True
        inside = nearby.statement_words(found)
        past = any(w in _PAST_VERBS or (w.endswith("ed") and len(w) > 4) for w in inside)
        if gone and past:
            return True
        if not past or any(
            word in _GOES_ON and before != "to"
            for before, word in zip(["", *inside], inside, strict=False)
        ):
            return False
        return (
            not _TRIED.isdisjoint(nearby.sentence_words(found))
            or bool(nearby.everywhere("own_account"))
            or bool(nearby.everywhere("long_past"))
        )

    def is_resolved(self, found: Candidate) -> bool:
        """Gone: the nearest findings before "gone now", in this statement or the next."""
        layout = self._nearby.layout
        for hit in self._nearby.everywhere("resolved"):
            if hit.start < found.end or not found.evidence.isdisjoint(range(hit.start, hit.end)):
                continue
            if self._negated[hit.start] or self._consumed(hit):
                continue
            distance = layout.sentence[hit.start] - layout.sentence[found.start]
            if distance > 1 or hit.start - found.end > 25:
                continue
            if layout.statement[hit.start] == layout.statement[found.start]:
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
            and other.label not in self._own_labels
            for other in self._nearby.read.hits
            if other.start <= hit.start < other.end
            and (other.start, other.end) != (hit.start, hit.end)
        )

    def _other_between(self, hit: Hit, found: Candidate) -> bool:
        """Whether "gone" has a subject of its own: "... but the itch is gone"."""
        return any(start in range(found.end, hit.start) for start in self._starts_of_findings)
