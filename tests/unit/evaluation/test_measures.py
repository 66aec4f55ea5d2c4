"""Figures of the report on a hand-counted example."""

import pytest

from bot.evaluation.cases import Case
from bot.evaluation.measures import by_group, measure
from bot.evaluation.statistics import upper_bound
from bot.triage.vocabulary import Context, Level

NONE, CARE, ROUTINE, URGENT, EMERGENCY = None, *Level


def case(level, style="plain"):
    return Case("1", "text", Context(), level, (), "none", style, "finding", "")


WANTED = [EMERGENCY, EMERGENCY, EMERGENCY, EMERGENCY, URGENT, URGENT, ROUTINE, CARE, NONE, NONE]
ANSWERED = [EMERGENCY, EMERGENCY, URGENT, NONE, EMERGENCY, ROUTINE, ROUTINE, NONE, NONE, CARE]


@pytest.fixture
def triage():
    return measure([case(level) for level in WANTED], ANSWERED)


def test_detection(triage):
    assert (triage.detection.sensitivity.count, triage.detection.sensitivity.total) == (2, 4)
    assert (triage.detection.specificity.count, triage.detection.specificity.total) == (5, 6)


def test_too_low_counts_only_messages_that_have_a_level(triage):
    assert (triage.under.count, triage.under.total) == (4, 8)
    assert triage.under_upper_bound == upper_bound(4, 8)


def test_missed_emergencies(triage):
    assert (triage.missed.count, triage.missed.total) == (2, 4)
    assert triage.missed_upper_bound == upper_bound(2, 4)


def test_too_high_counts_only_messages_that_can_be_too_high(triage):
    assert (triage.over.count, triage.over.total) == (2, 6)


def test_confusion_holds_every_message_once(triage):
    assert sum(map(sum, triage.confusion)) == len(WANTED)
    assert triage.confusion[4] == [1, 0, 0, 1, 2]
    assert triage.confusion[0] == [1, 1, 0, 0, 0]


def test_groups_are_measured_apart():
    cases = [case(EMERGENCY, "sms"), case(EMERGENCY, "plain"), case(NONE, "sms")]
    groups = by_group(cases, [EMERGENCY, URGENT, NONE], lambda each: each.style)
    assert groups["sms"].detection.sensitivity.value == 1.0
    assert groups["plain"].detection.sensitivity.value == 0.0
    assert groups["plain"].detection.specificity.total == 0


def test_answers_for_other_messages_are_refused():
    with pytest.raises(ValueError, match="zip"):
        measure([case(NONE)], [])
