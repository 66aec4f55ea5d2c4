"""Several questions in one message: where they are cut and which are answered. No Rasa."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.several import MAX_QUESTIONS, ask_each, questions


def _texts(text):
    return [text[span.start : span.end] for span in questions(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Is it safe and how often do I need it? Also can I breastfeed",
            ["Is it safe", "how often do I need it?", "can I breastfeed"],
        ),
        ("is it safe can i breastfeed", ["is it safe", "can i breastfeed"]),
        (
            "1. is it safe 2) how often 3. can i eat eggs",
            ["is it safe", "how often", "can i eat eggs"],
        ),
        ("how quick is it\nany side effects", ["how quick is it", "any side effects"]),
        ("Can my husband do it? he is a nurse", ["Can my husband do it?"]),
        (
            "when the nurse comes do i need to lie down",
            ["when the nurse comes do i need to lie down"],
        ),
        ("my arm is sore and i am tired", []),
    ],
)
def test_a_message_is_cut_into_its_questions(text, parts):
    assert _texts(text) == parts


def test_what_was_told_before_a_question_belongs_to_it():
    text = "I missed my shot. What now? Also is it safe?"
    first, second = questions(text)
    assert text[first.background : first.end] == "I missed my shot. What now?"
    assert text[second.start : second.end] == "is it safe?"


def _rank(text):
    for word, intent in (("safe", "faq_harm_to_baby"), ("often", "faq_dosing_schedule")):
        if word in text:
            return [(intent, 0.9), ("greet", 0.1)]
    return [("faq_diet", 0.2), ("greet", 0.1)]


def test_each_sure_question_is_answered_once_in_her_order():
    text = "How often do I need it? Is it safe? Is that really safe? What about eels?"
    asked = ask_each(text, _rank)
    assert [each.intent for each in asked] == ["faq_dosing_schedule", "faq_harm_to_baby"]
    assert [text[each.start : each.end] for each in asked] == [
        "How often do I need it?",
        "Is it safe?",
    ]


@pytest.mark.parametrize("text", ["Is it safe? Is it really safe?", "how often", "", "hello there"])
def test_one_question_is_no_list(text):
    assert ask_each(text, _rank) == []


@given(st.text(max_size=300))
def test_spans_lie_in_the_text_in_order(text):
    spans = questions(text)
    assert len(spans) <= MAX_QUESTIONS
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(text[span.start : span.end].strip() for span in spans)


@pytest.mark.parametrize(
    "text", [" " * 9_000, "and " * 3_000, "and also " * 900, ", " * 4_000, "can my a " * 900]
)
def test_a_flood_of_text_is_read_at_all(text):
    # An exponential pattern would never come back.
    assert len(questions(text)) <= MAX_QUESTIONS
