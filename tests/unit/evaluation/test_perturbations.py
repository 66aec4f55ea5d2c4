"""Perturbations: the same every time, small, and never a change of meaning."""

import random
import re

import pytest
from rapidfuzz.distance import OSA

from bot.evaluation.perturbations import (
    PERTURBATIONS,
    no_punctuation,
    one_typo,
    perturb,
    sms,
    two_typos,
)

TEXTS = [
    "My throat feels tight since the injection, and I can't swallow.",
    "BP 165/112 at home; temperature 38.6!",
    "ok",
    "",
    "saans nahi aa rahi",
    "الجنين لا يتحرك",
]


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_same_seed_same_texts(name):
    assert perturb(name, TEXTS, seed=3) == perturb(name, TEXTS, seed=3)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_text_changes_the_same_way_whatever_stands_beside_it(name):
    assert perturb(name, TEXTS)[1:2] == perturb(name, TEXTS[1:2])


@pytest.mark.parametrize(("typo", "most"), [(one_typo, 1), (two_typos, 2)])
def test_typos_change_as_many_letters_as_they_say(typo, most):
    for seed in range(200):
        changed = typo(TEXTS[0], random.Random(seed))
        assert OSA.distance(TEXTS[0], changed) <= most


def test_typos_do_happen_and_keep_the_first_letter_of_the_word():
    changed = {one_typo("throat", random.Random(seed)) for seed in range(200)}
    assert len(changed) > 5
    assert all(text.startswith("t") for text in changed)


def test_typos_never_touch_numbers():
    for seed in range(200):
        assert re.findall(r"\d+", two_typos(TEXTS[1], random.Random(seed))) == [
            "165",
            "112",
            "38",
            "6",
        ]


def test_no_punctuation_keeps_measurements_readable():
    changed = no_punctuation(TEXTS[1], random.Random(1))
    assert changed == "BP 165/112 at home temperature 38.6"


def test_no_punctuation_joins_words_with_apostrophes():
    assert no_punctuation("I can't, it won't.", random.Random(1)) == "I cant it wont"


def test_sms_replaces_whole_words_only():
    assert sms("You are hot and your hand", random.Random(1)) == "u r hot n ur hand"
    assert sms("I can't", random.Random(1)) == "I cnt"


@pytest.mark.parametrize("name", ["words before", "words after", "joined to a harmless sentence"])
def test_added_words_leave_the_message_whole(name):
    changed = perturb(name, TEXTS[:1])[0]
    assert TEXTS[0] in changed
    assert changed != TEXTS[0]
