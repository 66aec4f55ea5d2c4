"""Which part of a message the second opinion reads."""

import pytest

from bot.assessment import assess_text
from bot.screening import screen
from bot.screening.unexplained import opinion_on_rest, unexplained
from bot.triage import Level


def rest(text):
    return unexplained(text, screen(text))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("no rash, the air stops halfway", " the air stops halfway", id="denied"),
        pytest.param("my arm is sore. odd feeling though", ". odd feeling though", id="site"),
        pytest.param("I used to wheeze. Now I hum", ". Now I hum", id="history"),
        pytest.param("some people faint. I float", ". I float", id="people in general"),
        pytest.param("no rash my throat is tight", "no rash my throat is tight", id="both at once"),
        pytest.param("the air stops halfway", "the air stops halfway", id="nothing explained"),
    ],
)
def test_what_is_left(text, left):
    assert rest(text).lstrip(",") == left


def test_what_the_rules_have_explained_alarms_no_more():
    text = "My mom tried it and she broke out in hives all over."
    assert opinion_on_rest(text, screen(text)) < 0.5
    assert assess_text(text).level is not Level.EMERGENCY_NOW


def test_what_they_have_not_explained_still_alarms():
    assert assess_text("no rash, the air just stops halfway").level is Level.EMERGENCY_NOW
