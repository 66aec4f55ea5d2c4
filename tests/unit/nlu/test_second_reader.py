"""The second reading: its door to the C library, the average, and who waits for it. No Rasa."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.reading import may_wait, read_twice
from bot.nlu.second_reader import SecondReader, combine
from bot.screening.sentence_vectors import (
    END_CHARACTERS,
    SIZE,
    START_CHARACTERS,
    SentenceVectors,
    clean,
)


@pytest.fixture(scope="module")
def vectors():
    return SentenceVectors()


class _Model:
    """An intent model that is as sure as it is told to be."""

    def __init__(self, sure):
        self.sure = sure

    def rank(self, text):
        return [("faq_diet", self.sure), ("greet", 1 - self.sure)]


class _Reader:
    def __init__(self):
        self.read = []

    def reread(self, text, ranking):
        self.read.append(text)
        return ranking


@settings(max_examples=30)
@given(st.text(max_size=600))
def test_only_short_printable_text_reaches_the_library(text):
    plain = clean(text)
    assert len(plain) <= START_CHARACTERS + END_CHARACTERS
    assert plain.isprintable()
    assert clean(plain) == plain or len(plain) == START_CHARACTERS + END_CHARACTERS
    plain.encode("utf-8")


@pytest.mark.model
@settings(max_examples=40, deadline=None)
@given(st.one_of(st.text(max_size=400), st.binary(max_size=400).map(lambda b: b.decode("latin-1"))))
def test_any_text_gives_a_sound_vector_or_none(vectors, text):
    vector = vectors.vector(text)
    assert vector is None or (vector.shape == (SIZE,) and abs(np.linalg.norm(vector) - 1) < 0.03)
    assert vectors.vector("still alive") is not None


def test_the_same_meaning_lies_nearer_than_another(vectors):
    asked, same, other = map(
        vectors.vector,
        ("is it safe to breastfeed", "can I nurse him without harm", "what does parking cost"),
    )
    assert asked @ same > asked @ other


def _raise(*_):
    raise OSError("she wrote this")


class _Broken:
    def query(self, text):
        return np.zeros(SIZE)


@pytest.mark.parametrize(("load", "lines"), [(_raise, 1), (_Broken, 2), (lambda: _raise, 2)])
def test_a_missing_or_broken_library_costs_a_log_line_and_no_answer(load, lines, caplog):
    caplog.set_level(logging.ERROR)
    ranking = [("greet", 0.4), ("faq_diet", 0.3)]
    reader = SecondReader(SentenceVectors(load))
    assert reader.reread("any eggs", ranking) == ranking
    assert reader.reread("any milk", ranking) == ranking
    # A library that is not there is not looked for again at every message.
    assert len(caplog.records) == lines
    assert "eggs" not in caplog.text and "she wrote" not in caplog.text


def test_half_a_character_and_control_signs_never_reach_the_library():
    assert clean("\ud83d eat\x00 eggs\u202e\n") == "eat eggs"


def test_both_readings_count():
    first = [("greet", 0.5), ("faq_diet", 0.4), ("new_intent", 0.1)]
    second = {"greet": np.log(0.01), "faq_diet": np.log(0.9)}
    ranking = combine(first, second)
    assert ranking[0][0] == "faq_diet"
    assert {name for name, _ in ranking} == {"greet", "faq_diet", "new_intent"}
    assert sum(probability for _, probability in ranking) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "sure", "again"),
    [
        ("would eggs do", 0.4, True),
        ("would eggs do", 0.9, False),
        ("my throat is closing up", 0.4, False),
        ("i have a mild headache since the jab", 0.4, False),
    ],
)
def test_only_an_unsure_message_that_may_wait_is_read_again(text, sure, again):
    reader = _Reader()
    read_twice(text, _Model(sure), reader)
    assert reader.read == ([text] if again else [])


def test_no_red_flag_of_the_development_set_waits():
    from bot.evaluation.cases import DEVELOPMENT, read_cases

    emergencies = [case.text for case in read_cases(DEVELOPMENT) if case.emergency]
    waiting = [text for text in emergencies if may_wait(text)]
    assert len(waiting) / len(emergencies) < 0.02, waiting
