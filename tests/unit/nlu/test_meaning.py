"""The component inside a trained model: what the screen and the fallback read from it."""

import pytest

from bot.nlu.parse import load_parser
from bot.service.training import ensure_model

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def parse():
    return load_parser(ensure_model())


def test_the_topic_of_a_long_message_survives_storing_and_loading(parse):
    parsed = parse(
        "Hello, I am 30 and 22 weeks along with my second. The nurse was lovely, but needles and I "
        "do not get on at all. Would B12 tablets do the same as the shots?"
    )
    assert parsed["intent"] == "faq_oral_instead"


def test_a_question_about_anything_else_is_out_of_scope(parse):
    assert parse("does rosuvastatin lower cholesterol")["intent"] == "out_of_scope"


def test_letters_without_a_meaning_are_no_topic(parse):
    assert parse("qwx plk")["intent"] in ("nlu_fallback", "out_of_scope", "check_first")


def test_a_red_flag_overrules_whatever_the_classifier_reads(parse):
    assert parse("how many tablets, my throat is closing")["intent"] == "report_red_flag"
