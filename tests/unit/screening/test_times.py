"""Bounds of stated times, in minutes."""

import pytest

from bot.screening import screen
from bot.triage import Assertion
from bot.triage.vocabulary import Ago


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("had my shot more than a day ago", Ago(1441.0, None)),
        ("my injection was 6 to 24 hours ago", Ago(360.0, 1440.0)),
        ("shot 6-24 hours ago", Ago(360.0, 1440.0)),
        ("less than an hour ago i had my shot", Ago(0.0, 60.0)),
        ("between 2 and 3 hours ago was my injection", Ago(120.0, 180.0)),
        ("my jab was 20 min ago", Ago(20.0, 20.0)),
    ],
)
def test_both_bounds_of_the_injection_are_kept(text, expected):
    assert screen(text).facts.since_injection == expected


def test_all_over_is_no_bound():
    (found,) = {f.when for f in screen("hives all over 3 days ago").findings if f.key == "SK-01"}
    assert found == Ago(4320.0, 4320.0)


def test_less_than_20_weeks_is_not_20():
    assert screen("I am less than 20 weeks pregnant").facts.weeks_pregnant < 20
    assert screen("I am 20 weeks pregnant").facts.weeks_pregnant == 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dizzy 3 weeks ago after b12", Assertion.RESOLVED),
        ("my rash started 3 weeks ago", Assertion.PRESENT),
        ("I have been dizzy since 3 weeks ago", Assertion.PRESENT),
    ],
)
def test_what_is_long_ago_is_over_unless_it_began_then(text, expected):
    assert {f.assertion for f in screen(text).findings} == {expected}
