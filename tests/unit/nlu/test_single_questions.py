"""A single question finds its own answer, and only within the topic it was read as."""

import pytest
import yaml

from bot.nlu.memory import Guess
from bot.nlu.single_questions import FILE, is_single, named_in, names, with_single_questions
from bot.settings import PROJECT

ASKED = yaml.safe_load(
    (PROJECT / "tests" / "data" / "single_questions.yml").read_text(encoding="utf-8")
)
TOPICS = {
    name: entry["of"]
    for name, entry in yaml.safe_load(FILE.read_text(encoding="utf-8"))["questions"].items()
}


def test_every_single_question_is_asked_here_in_four_ways():
    assert set(ASKED) == set(names())
    assert all(len(wordings) >= 4 for wordings in ASKED.values())


@pytest.mark.parametrize("name", ASKED)
def test_each_wording_names_its_question_within_its_topic(name):
    for wording in ASKED[name]:
        assert named_in(wording, (TOPICS[name][0],)) == name, wording


@pytest.mark.parametrize("name", ASKED)
def test_what_is_read_as_small_talk_or_a_symptom_names_none(name):
    for wording in ASKED[name]:
        for read_as in ("report_symptom", "report_red_flag", "ask_human", "thanks"):
            assert named_in(wording, (read_as,)) == ""


def test_a_question_about_something_else_stays_out_of_scope():
    assert named_in("is coffee bad for you", ("out_of_scope", "faq_diet")) == ""
    assert (
        named_in("does coffee spoil my b12", ("out_of_scope", "faq_diet")) == "faq_tea_and_coffee"
    )


def test_the_classifiers_second_choice_is_enough():
    ranking = ("faq_oral_instead", "faq_side_effects", "faq_other_b12")
    guess = Guess("faq_oral_instead", ranking=ranking)
    assert with_single_questions("will i put on weight", guess).intent == "faq_weight"
    other = Guess("faq_monitoring", ranking=("faq_monitoring", "faq_diet"))
    assert with_single_questions("will i put on weight", other) == other


def test_each_question_of_a_message_gets_its_own_answer():
    text = "can i use numbing cream? and can my husband come with me?"
    ranking = ("faq_injection_visit", "needle_fear")
    read = with_single_questions(text, Guess("faq_injection_visit", ranking=ranking))
    assert read.questions == ("faq_numbing_cream", "faq_companion")


def test_a_wide_question_beside_a_single_one_keeps_its_wide_answer():
    text = "is it safe in pregnancy and can i use numbing cream"
    asked = [
        {"start": 0, "end": 23, "intent": "faq_safe_with_confirmed_deficiency"},
        {"start": text.index("can i"), "end": len(text), "intent": "faq_injection_visit"},
    ]
    read = with_single_questions(text, Guess("faq_injection_visit"), asked)
    assert read.questions == ("faq_safe_with_confirmed_deficiency", "faq_numbing_cream")


def test_a_word_in_passing_is_no_question():
    story = "we had curd and dal for dinner and then we sat down for a while because it was so hot "
    guess = Guess("faq_side_effects", ranking=("faq_side_effects", "faq_diet"))
    assert with_single_questions(story * 2, guess) == guess


def test_the_single_questions_are_no_intents():
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    assert not [name for name in domain["intents"] if is_single(name)]
