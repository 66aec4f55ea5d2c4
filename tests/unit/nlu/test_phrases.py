"""Sentences that steer the talk, and questions about the service."""

import pytest

from bot.nlu.phrases import (
    service_topic,
    steering,
    tells_of_loss,
    writes_for_another,
    yes_or_no,
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Tell me more", "tell_more"),
        ("ok can you explain that again please", "say_again"),
        ("say it in simpler words", "say_again"),
        ("i don't understand", "say_again"),
        ("what do you mean?", "say_again"),
        ("I want to report a symptom", "start_check"),
        ("never mind", "leave_check"),
        ("STOP", "stop_messages"),
        ("are you a real person?", "bot_challenge"),
        ("am i talking to a human", "bot_challenge"),
        ("I have one of these signs now", "has_a_sign"),
        ("Yes, you may store it", "consent_given"),
        ("don't store my chat", "consent_refused"),
        ("tell me more about my swollen tongue", ""),
        ("please stop the bleeding", ""),
        ("it won't stop", ""),
        ("more pain than before", ""),
        ("can I talk to a real person", ""),
    ],
)
def test_steering(text, meaning):
    assert steering(text) == meaning


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("please delete everything, all my data", "data_deletion"),
        ("can I get a copy of my messages", "data_copy"),
        ("i want to make a complaint", "complaint"),
        ("who can read this", "who_reads"),
        ("does my GP see this chat", "who_reads"),
        ("is this chat private?", "privacy"),
        ("will my boss see what I write", "third_parties"),
        ("is my chat used for research", "research"),
        ("how did you get my number", "my_number"),
        ("i got a bill i dont understand", "office"),
        ("what are the opening hours", "clinic"),
        ("tell me a joke", "joke"),
        ("capital of portugal", ""),
    ],
)
def test_service_topics(text, topic):
    assert service_topic(text, out_of_scope=True) == topic


def test_loose_words_are_not_read_inside_a_question_of_the_page():
    assert service_topic("can I get my injection at the appointment", out_of_scope=False) == ""


def test_yes_and_no():
    assert yes_or_no("yes please", "greet") is True
    assert yes_or_no("not now", "greet") is False
    assert yes_or_no("my arm hurts", "report_symptom") is None


def test_somebody_else_writes():
    assert writes_for_another("my wife has a sore arm")
    assert not writes_for_another("my husband says I look grey")


@pytest.mark.parametrize(
    "text",
    [
        "I lost the baby",
        "we lost our little girl at 20 weeks",
        "I had a miscarriage last week, do I still need this",
        "i miscarried on tuesday",
        "my baby was stillborn in may",
        "I am no longer pregnant",
    ],
)
def test_a_loss_is_heard(text):
    assert tells_of_loss(text)


@pytest.mark.parametrize(
    "text",
    [
        "can b12 cause a miscarriage",
        "i had a miscarriage two years ago, is it safe this time",
        "will i lose the baby",
        "i think i lost the baby",
        "i can't find a heartbeat with my doppler",
        "my sister had a miscarriage",
        "i am scared i had a miscarriage",
        "i lost my appointment card",
    ],
)
def test_a_fear_an_old_loss_and_somebody_elses_are_not_this_one(text):
    assert not tells_of_loss(text)
