"""Slips of the finger and of speech-to-text, in words that matter and in words that do not."""

import pytest

from bot.screening import screen
from bot.screening.lexicon import load
from bot.triage import Assertion


def present(text):
    return {f.key for f in screen(text).findings if f.assertion is Assertion.PRESENT}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("i want to kiol myself", "MH-01", id="neighbour key"),
        pytest.param("someone please clal an ambulance", "G-12", id="letters swapped"),
        pytest.param("my lps are swelling", "SK-03", id="letter lost of four"),
        pytest.param("can you caall 911", "G-12", id="letter doubled"),
        pytest.param("i cannt get a proper lungful", "BR-01", id="contraction"),
        pytest.param("bolod is runnnig down my thighs", "OB-04", id="two slips"),
        pytest.param("chest pan going down my left arm", "CA-01", id="another word"),
        pytest.param("my lips are selling up", "SK-03", id="another word by a rule"),
        pytest.param("my throw is closing up", "AW-01", id="speech-to-text"),
        pytest.param("having trouble breeding", "BR-01", id="speech-to-text heard two ways"),
    ],
)
def test_a_slip_does_not_hide_a_finding(text, key):
    assert key in present(text)


@pytest.mark.parametrize(
    "text",
    [
        "the photo of my card came out fine, can i send it again",
        "the pan was hot and i made soup",
        "we live near Hove and the bus is late",
        "selling my old pram if anyone wants it",
        "my elbow hums",
        "Tina and Mandy at the desk were lovely",
    ],
)
def test_ordinary_words_are_left_alone(text):
    assert present(text) == set()


def test_the_words_beside_it_decide_between_two_readings():
    speller = load().speller
    assert ("swelling", "swell") in speller.other_readings("selling")
    assert speller.other_readings("throat") == ()
    assert speller.other_readings("naïve") == ()
