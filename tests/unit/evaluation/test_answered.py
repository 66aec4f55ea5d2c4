"""What counts as a right answer once the screen and the single questions have had their say."""

import pytest

from bot.evaluation.answered import answer_all
from bot.evaluation.intents import Question


def ranking(*names):
    shares = [0.8, *[0.2 / max(1, len(names) - 1)] * (len(names) - 1)]
    return lambda text: list(zip(names, shares, strict=True))


@pytest.mark.parametrize(
    ("text", "right", "guessed"),
    [
        ("my throat is closing up", "report_red_flag", "faq_side_effects"),
        ("my arm is sore", "report_symptom", "faq_side_effects"),
        ("can i use numbing cream first", "faq_injection_visit", "faq_injection_visit"),
        ("i want to complain", "out_of_scope", "out_of_scope"),
        ("which foods have b12", "faq_diet", "faq_diet"),
    ],
)
def test_the_answer_she_gets_is_what_counts(text, right, guessed):
    rank = ranking(guessed, "faq_monitoring")
    (reading,) = answer_all([Question("1", text, frozenset({right}))], rank, rank, 0.25)
    assert reading.is_right, reading.intent


@pytest.mark.parametrize(
    ("text", "right", "guessed", "threshold"),
    [
        ("which foods have b12", "faq_diet", "faq_monitoring", 0.25),
        ("which foods have b12", "faq_diet", "faq_diet", 0.9),
        ("is a sore arm common", "faq_diet", "faq_side_effects", 0.25),
        ("my throat is closing up", "out_of_scope", "out_of_scope", 0.25),
    ],
)
def test_another_answer_or_none_is_wrong(text, right, guessed, threshold):
    rank = ranking(guessed, "needle_fear")
    (reading,) = answer_all([Question("1", text, frozenset({right}))], rank, rank, threshold)
    assert not reading.is_right
