"""What counts as the same idea, whatever word it comes in."""

import pytest

from bot.nlu.concepts import concept_features, concepts


def _names(text):
    return {name for _, name in concepts(text)}


@pytest.mark.parametrize(
    "text", ["the B-12 jab", "my b12 shot", "Cyanocobalamin inj.", "mecobalamin needle"]
)
def test_the_treatment_is_one_idea_under_all_its_names(text):
    assert {"b12", "injection"} <= _names(text)


@pytest.mark.parametrize("text", ["is rabeprazole ok", "my Cefixicillin", "clarithromycin dose"])
def test_a_medicine_nobody_listed_is_known_by_its_ending(text):
    assert "medicine" in _names(text)


@pytest.mark.parametrize("text", ["is it due in april", "i am at home", ""])
def test_everyday_words_are_no_medicine(text):
    assert "medicine" not in _names(text)


def test_a_run_of_words_counts_only_when_it_is_complete():
    assert "how_often" in _names("how often do I go")
    assert "how_often" not in _names("no idea how")


def test_the_same_words_mean_something_else_beside_the_treatment():
    ours = set(concept_features("side effects of the b12 jab"))
    other = set(concept_features("side effects of ferrous fumarate"))
    assert {"core 11", "side_effects|11"} <= ours
    assert {"core 00", "side_effects|00"} <= other


def test_a_flood_of_text_gives_a_bounded_number_of_features():
    flood = concept_features("is the b12 shot safe for my baby or the iron tablet " * 2000)
    assert len(flood) < 2000
