"""The second reading of the second opinion: when it is asked, what it may do, what it survives."""

import logging
import threading

import numpy as np
import pytest

from bot.screening import second_opinion, sentence_vectors
from bot.screening.sentence_vectors import KEPT, SIZE, SentenceVectors, clean


class _Library:
    """A library whose vector depends on the text, and which counts what it is asked for."""

    def __init__(self):
        self.asked = []

    def query(self, text):
        self.asked.append(text)
        vector = np.random.default_rng(len(text)).normal(size=SIZE)
        return vector / np.linalg.norm(vector)


class _Fixed(SentenceVectors):
    """The vector of one text for all others."""

    def __init__(self, text):
        super().__init__()
        self.text, self.asked = text, []

    def vector(self, text):
        self.asked.append(text)
        return super().vector(self.text)


@pytest.fixture(scope="module")
def model():
    return second_opinion.model()


CERTAIN = "my throat is closing and i cannot breathe, lips are swelling"
NEGLIGIBLE = "what time is my appointment tomorrow please"
DOUBTFUL = "my screen went black"


def _in_doubt(model, texts):
    band = model._meaning
    return [text for text in texts if band.low <= model.first(model.raw(text)) < band.high]


@pytest.mark.parametrize("text", [CERTAIN, NEGLIGIBLE, "hello", "thank you so much", ""])
def test_what_words_decide_is_not_read_again(model, text):
    library = _Library()
    model.probability(text, SentenceVectors(lambda: library))
    assert library.asked == []


def test_what_words_leave_in_doubt_is_read_again_once_in_a_turn(model):
    text = DOUBTFUL
    assert _in_doubt(model, [text])
    library = _Library()
    vectors = SentenceVectors(lambda: library)
    model.probability(text, vectors)
    model.probability(text, vectors)
    vectors.vector(f" {text}\n")
    assert library.asked == [text]


def test_the_meaning_decides_what_words_leave_in_doubt(model):
    text = DOUBTFUL
    emergency, harmless = _Fixed("I can't get any air, my throat is closing"), _Fixed("thank you")
    high, low = model.probability(text, emergency), model.probability(text, harmless)
    assert emergency.asked == harmless.asked == [text]
    assert high > low + 0.2


def _raise():
    raise OSError("she wrote this")


def test_without_the_library_words_alone_count_as_before(model, caplog):
    caplog.set_level(logging.ERROR)
    text = DOUBTFUL
    vectors = SentenceVectors(_raise)
    assert model.probability(text, vectors) == model.first(model.raw(text))
    assert model.probability(text, vectors) == model.first(model.raw(text))
    assert len(caplog.records) == 1
    assert "black" not in caplog.text and "she wrote" not in caplog.text


def test_a_vector_that_knows_only_the_ends_of_a_text_lowers_nothing(model):
    story = "The nurse was kind and the arm is a little sore. " * 6
    text = f"{story}My voice is hoarse. {story}"
    assert _in_doubt(model, [text]) and sentence_vectors.is_cut(text)
    assert model.probability("My voice is hoarse", _Fixed("thank you")) < 0.6
    assert model.probability(text, _Fixed("thank you")) == model.first(model.raw(text))


def test_few_vectors_are_kept_and_nobody_can_change_them():
    library = _Library()
    vectors = SentenceVectors(lambda: library)
    texts = [f"text {number}" for number in range(KEPT + 1)]
    for text in texts:
        assert not vectors.vector(text).flags.writeable
    vectors.vector(texts[-1])
    assert len(library.asked) == KEPT + 1
    vectors.vector(texts[0])
    assert len(library.asked) == KEPT + 2


def test_shouting_is_read_like_speech():
    assert clean("MY THROAT IS TIGHT") == "my throat is tight"
    assert clean("I have B12") == "I have B12"


def test_what_is_kept_is_had_while_another_thread_reads():
    begun, go_on = threading.Event(), threading.Event()

    class Slow(_Library):
        def query(self, text):
            if text == "slow":
                begun.set()
                assert go_on.wait(10)
            return super().query(text)

    vectors = SentenceVectors(Slow)
    kept = vectors.vector("quick")
    other = threading.Thread(target=vectors.vector, args=("slow",))
    other.start()
    assert begun.wait(10)
    try:
        found: list = []
        asking = threading.Thread(target=lambda: found.append(vectors.vector("quick")))
        asking.start()
        asking.join(5)
        assert found and found[0] is kept
    finally:
        go_on.set()
        other.join()
