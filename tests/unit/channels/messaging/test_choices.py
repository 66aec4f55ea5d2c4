import pytest

from bot.channels.messaging.choices import chosen, with_list, words

BUTTONS = [{"title": "Yes", "payload": "yes it is"}, {"title": "No"}, {"title": "Not sure"}]


def test_buttons_become_lines_with_numbers():
    assert with_list("Is it hot?", BUTTONS) == (
        "Is it hot?\n\nReply with a number:\n1 Yes\n2 No\n3 Not sure"
    )
    assert with_list("Goodbye.", []) == "Goodbye."


@pytest.mark.parametrize(
    "reply", ["2", " 2 ", "2.", "2)", "(2)", "#2", "option 2", "Number 2.", "no. 2", "2️⃣", "2:"]
)
def test_a_number_alone_is_the_choice_of_the_list(reply):
    assert chosen(reply, words(BUTTONS)) == "No"


@pytest.mark.parametrize(
    "reply",
    ["0", "4", "22", "999", "2 weeks", "i am 2", "", None, "two hours", "1 2", "-2", "2.5", "38.5"],
)
def test_anything_else_stays_what_she_wrote(reply):
    assert chosen(reply, words(BUTTONS)) is None


def test_without_a_list_a_number_is_a_number():
    assert chosen("2", []) is None
