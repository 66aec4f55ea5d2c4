import pytest

from bot.channels.messaging.keywords import CARRIER, EVERYWHERE, Keyword, is_small_talk, keyword


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("STOP", Keyword.STOP),
        (" stop. ", Keyword.STOP),
        ('"Stop All"', Keyword.STOP),
        ("Unsubscribe", Keyword.STOP),
        ("start", Keyword.START),
        ("HELP", Keyword.HELP),
        ("help!", Keyword.HELP),
        ("stop it hurts", None),
        ("i cant stop scratching", None),
        ("help my throat", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_keyword_alone_is_one(text, wanted):
    assert keyword(text, CARRIER) is wanted


def test_apps_without_carriers_know_stop_and_start_only():
    assert keyword("stop", EVERYWHERE) is Keyword.STOP
    assert keyword("end", EVERYWHERE) is keyword("help", EVERYWHERE) is None


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ("utter_not_understood", True),
        ("utter_faq_harm_to_baby", True),
        ("utter_emergency", False),
        ("utter_emergency_open", False),
        ("utter_check_first", False),
        ("utter_urgent_same_day", False),
        (None, False),
    ],
)
def test_after_stop_only_what_matters_to_nobodys_safety_is_left_out(action, wanted):
    message = {"text": "x", **({"utter_action": action} if action else {})}
    assert is_small_talk(message) is wanted
