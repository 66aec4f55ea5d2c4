"""Facts derived from times, weeks and the record: what a condition may test besides attributes.

Everything unknown is read the safe way (triage.md G-07): an injection at an unknown time counts as
within 24 hours, unknown weeks count as 20 or more.
"""

from __future__ import annotations

import math
from typing import Dict, FrozenSet, Mapping, Optional, Set

from bot.triage.vocabulary import Ago, Assertion, Context, Finding, StatedFacts

HOUR = 60.0

#: Words about the whole situation of one person.
SITUATION: Mapping[str, str] = {
    "within_6h": "injection within the immediate window, or at an unknown time",
    "within_24h": "injection within the extended window, or at an unknown time",
    "injection_known_24h": "injection within the extended window, stated or on record",
    "time_unknown": "time of the injection not known",
    "not_given": "no injection yet",
    "over_48h": "more than 48 hours since the injection, or unknown",
    "days_3_to_21": "day 3 to 21 after the injection, or unknown",
    "weeks_under_20": "known to be under 20 weeks",
    "weeks_under_24": "known to be under 24 weeks",
    "weeks_under_37": "under 37 weeks, or unknown",
    "weeks_37": "known to be 37 weeks or more",
    "weeks_stated_20": "stated or recorded 20 weeks or more",
    "weeks_unknown": "weeks of pregnancy not known, and not after birth",
    "postpartum": "after birth",
    "next_within_48h": "next injection known to be within 48 hours",
    "next_over_48h": "next injection known to be later than 48 hours",
    "early_treatment": "first 14 days of a new course",
    "severe_anaemia": "severe anaemia being treated",
    "earlier_reaction": "an earlier systemic reaction is known",
    "known_allergen": "a known allergy to B12, cobalt or a preservative of the injection",
    "nothing_else": "states that there is nothing else",
    "general_question": "the message is a general question (Q-01)",
    "figurative": "the message is a figure of speech, small talk or praise (Q-06)",
    "other_history": "the message only tells of an old reaction to something else (P-03)",
    "no_symptom": "no symptom is present",
    "only_finding": "exactly one symptom is told",
    "reaction_gone": "a reaction sign of the last 72 hours is told as gone",
}

#: Words about one finding in that situation.
ABOUT_FINDING: Mapping[str, str] = {
    "present": "there now",
    "resolved": "told as gone",
    "historical": "told as history",
    "exposed": "injection within 24 hours or at an unknown time, or she links it (section 3)",
    "later": "not exposed, and no earlier reaction (columns Later of section 6)",
    "acute": "not stated to be unchanged since before the injection (section 4)",
    "over_72h": "clearly more than 72 hours since the injection or, that unknown, since the start",
    "spell_within_6h": "began or was within 6 hours after the injection, or unknown",
    "onset_within_6h": "began within 6 hours after the injection, or unknown, and not before it",
    "gone_within_24h": "last there within 24 hours, or unknown",
    "gone_24_72h": "last there 24 to 72 hours ago, 72 included",
    "gone_over_72h": "last there clearly more than 72 hours ago",
    "began_over_24h": "began more than 24 hours ago",
    "began_over_72h": "began clearly more than 72 hours ago",
    "after_injection": "an injection within the 72 hours before it, or unknown (C-11 clock)",
    "four_facts": "all four statements of BR-09",
    "alone": "no other symptom is present, the injection site left aside",
}

_NOT_NEW = frozenset({"before_injection", "unchanged", "long_standing"})
_FOUR = frozenset({"before_injection", "unchanged", "on_effort_only"})
_NOW = Ago(0, 0)


class Clock:
    """When the last injection was, as far as known, and what follows for one finding."""

    def __init__(self, facts: StatedFacts, context: Context, windows: Mapping[str, float]):
        self._windows = {name: hours * HOUR for name, hours in windows.items()}
        self.since = _nearer(facts.since_injection, context.minutes_since_injection)
        self.not_given = self.since is None and facts.injection_given is False

    def within(self, window: str) -> bool:
        """Return whether the injection is inside ``window``; an unknown time is inside."""
        if self.since is None:
            return not self.not_given
        return self.since.least <= self._windows[window]

    def situation(self) -> Set[str]:
        """Return the words of SITUATION that follow from the time of the injection."""
        words = set()
        windows = self._windows
        if self.within("immediate"):
            words.add("within_6h")
        if self.within("extended"):
            words.add("within_24h")
        if self.not_given:
            words.add("not_given")
            return words
        if self.since is None:
            return words | {"time_unknown", "over_48h", "days_3_to_21"}
        most = _upper(self.since)
        if self.since.least <= windows["extended"]:
            words.add("injection_known_24h")
        if most > windows["worse_after"]:
            words.add("over_48h")
        if most >= windows["delayed_from"] and self.since.least <= windows["delayed_until"]:
            words.add("days_3_to_21")
        return words

    def about(self, finding: Finding, exposed: bool) -> Set[str]:
        """Return the words of ABOUT_FINDING that follow from when ``finding`` was there."""
        words: Set[str] = set()
        windows, attributes = self._windows, finding.attributes
        linked = "since_injection" in attributes
        resolved = finding.assertion is Assertion.RESOLVED
        when = finding.when or (Ago(0, windows["extended"]) if resolved else _NOW)
        biphasic = windows["biphasic"]
        if when.least > biphasic:
            words.update(("gone_over_72h", "began_over_72h", "began_over_24h"))
        elif when.least > windows["extended"]:
            words.update(("gone_24_72h", "began_over_24h"))
        else:
            words.add("gone_within_24h")
        started = self.since.least if self.since else (0 if self.not_given else when.least)
        if started > windows["self_care_site"]:
            words.add("over_72h")
        if self.not_given:
            if linked:
                words.add("after_injection")
            return words
        first, last = self._gap(when)
        immediate = windows["immediate"]
        if linked or ("before_injection" not in attributes and first <= biphasic):
            words.add("after_injection")
        spell = last >= 0 and first <= immediate
        if self.since is None or spell or (linked and finding.when is None):
            words.add("spell_within_6h")
        if attributes.isdisjoint(_NOT_NEW) and (
            "spell_within_6h" in words or (exposed and finding.when is None)
        ):
            words.add("onset_within_6h")
        return words

    def _gap(self, when: Ago) -> tuple:
        """Return the shortest and longest possible time in minutes from injection to symptom."""
        if self.since is None:
            return -math.inf, math.inf
        return self.since.least - _upper(when), _upper(self.since) - when.least


def _nearer(stated: Optional[Ago], recorded: Optional[float]) -> Optional[Ago]:
    """Return the later of two injections: the stated one, or the one on record."""
    if recorded is None:
        return stated
    if stated is None or recorded < stated.least:
        return Ago(recorded, recorded)
    return stated


def _upper(ago: Ago) -> float:
    return math.inf if ago.most is None else ago.most


def situation_words(
    facts: StatedFacts, context: Context, clock: Clock, stated: FrozenSet[str]
) -> Set[str]:
    """Return the words of SITUATION that hold, those about the set of findings left out.

    ``stated`` are the keys of the findings that are present; some of them are facts (``RM-01``).
    """
    words = clock.situation()
    words |= _weeks(facts, context)
    known = stated | context.risk_modifiers
    upcoming = _nearer(facts.until_next_injection, context.minutes_until_next_injection)
    if upcoming is not None:
        near = upcoming.least <= clock._windows["next_injection"]
        words.add("next_within_48h" if near else "next_over_48h")
    flags: Dict[str, bool] = {
        "early_treatment": bool(context.early_treatment) or "RM-04" in known,
        "severe_anaemia": context.severe_anaemia or "RM-04" in known,
        "earlier_reaction": context.earlier_reaction or not known.isdisjoint(_REACTION_TOLD),
        "known_allergen": bool(context.known_allergens) or "TX-05" in stated,
        "nothing_else": facts.nothing_else,
        "general_question": facts.general_question,
        "figurative": facts.figurative,
    }
    words.update(word for word, holds in flags.items() if holds)
    return words


_REACTION_TOLD = frozenset({"RM-01", "TX-03", "TX-04"})


def _weeks(facts: StatedFacts, context: Context) -> Set[str]:
    known = [w for w in (facts.weeks_pregnant, context.weeks_pregnant) if w is not None]
    if facts.postpartum or context.postpartum:
        return {"postpartum"}
    if not known:
        return {"weeks_unknown", "weeks_under_37"}
    weeks = max(known)
    words = {"weeks_stated_20" if weeks >= 20 else "weeks_under_20"}
    if weeks < 24:
        words.add("weeks_under_24")
    words.add("weeks_under_37" if weeks < 37 else "weeks_37")
    return words


def finding_words(
    finding: Finding, situation: Set[str], clock: Clock, other_symptoms: bool
) -> Set[str]:
    """Return the words that hold for ``finding``: attributes, facts about it, the situation."""
    attributes = finding.attributes
    words = situation | attributes
    words.add(_ASSERTION_WORDS[finding.assertion])
    exposed = "within_24h" in situation or "since_injection" in attributes
    words |= clock.about(finding, exposed)
    if exposed:
        words.add("exposed")
    elif "earlier_reaction" not in situation:
        words.add("later")
    if "unchanged" not in attributes:
        words.add("acute")
    if attributes >= _FOUR and "nothing_else" in situation:
        words.add("four_facts")
    if not other_symptoms:
        words.add("alone")
    return words


_ASSERTION_WORDS = {
    Assertion.PRESENT: "present",
    Assertion.RESOLVED: "resolved",
    Assertion.HISTORICAL: "historical",
}
