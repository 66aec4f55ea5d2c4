"""How short answers read (G-09, N-05, U-02, U-03)."""

import pytest

from bot.triage.answers import Reading, read_reply, reply_to

SEVERAL, SINGLE, FACT, CHOICE, TEMPERATURE = "U-01", "8.3-D1", "8.1-H2", "8.2-S2", "8.7-V1"


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("yes", Reading.YES),
        ("Yesss", Reading.YES),
        ("yeah my throat", Reading.YES),
        ("YEP!!", Reading.YES),
        ("yes and no", Reading.YES),
        ("it is", Reading.YES),
        ("yes I was about to tell you that it started in the car this morning", Reading.YES),
        ("maybe, a bit", Reading.HEDGED),
        ("a bit", Reading.HEDGED),
        ("dunno", Reading.HEDGED),
        ("idk tbh", Reading.HEDGED),
        ("I think so", Reading.HEDGED),
        ("not sure", Reading.HEDGED),
        ("kinda", Reading.HEDGED),
        ("slightly swollen", Reading.HEDGED),
        ("none except a bit of swelling", Reading.HEDGED),
        ("none of these", Reading.NO_TO_ALL),
        ("No, none of those", Reading.NO_TO_ALL),
        ("None.", Reading.NO_TO_ALL),
        ("neither", Reading.NO_TO_ALL),
        ("I don't have any of that", Reading.NO_TO_ALL),
        ("no", Reading.NO),
        ("nope", Reading.NO),
        ("no no no", Reading.NO),
        ("noooo", Reading.NO),
        ("no thanks", Reading.NO),
        ("👍", Reading.UNREADABLE),
        ("👎", Reading.UNREADABLE),
        ("asdf", Reading.UNREADABLE),
        ("", Reading.UNREADABLE),
        ("ok", Reading.UNREADABLE),
        ("whatever", Reading.UNREADABLE),
        ("not really", Reading.UNREADABLE),
        ("no but my throat", Reading.UNREADABLE),
        ("my arm was sore when I came home but the nurse had told me that", Reading.UNREADABLE),
        ("stop asking", Reading.REFUSED),
        ("none of your business", Reading.REFUSED),
        ("I'd rather not say", Reading.REFUSED),
    ],
)
def test_reading(text, reading):
    assert read_reply(text, SEVERAL).reading is reading


@pytest.mark.parametrize(
    ("button", "reading"),
    [("Yes", Reading.YES), ("Not sure", Reading.HEDGED), ("No", Reading.NO_TO_ALL)],
)
def test_a_button_says_what_its_place_means(button, reading):
    assert read_reply(button, SINGLE).reading is reading


def test_the_buttons_of_the_temperature_question():
    assert read_reply("Below 38.0 C", TEMPERATURE).reading is Reading.NO_TO_ALL
    assert read_reply("38.0 C / 100.4 F or more", TEMPERATURE).reading is Reading.YES
    assert read_reply("Not measured, but I feel hot", TEMPERATURE).reading is Reading.HEDGED


@pytest.mark.parametrize(
    ("text", "number"),
    [("30", 30), ("about 31 weeks", 31), ("38,2", 38.2), ("six", 6), ("?", None)],
)
def test_number(text, number):
    assert read_reply(text, FACT).number == number


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("One leg", "one leg"),
        ("just one", "one leg"),
        ("my face", "face or hands"),
        ("both my legs", "both legs"),
        ("somewhere", None),
    ],
)
def test_choice(text, choice):
    assert read_reply(text, CHOICE).choice == choice


def test_without_an_open_question_there_is_no_reply():
    assert reply_to(None, "yes") is None
    assert reply_to({"open_question": None}, "yes") is None
    assert reply_to({"open_question": "U-01"}, "yes").question == "U-01"


def test_an_unknown_question_is_an_error():
    with pytest.raises(KeyError):
        read_reply("yes", "8.1-H9")
