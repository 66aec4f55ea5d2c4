import pytest

from bot.channels.messaging.credentials import CONNECTORS, SLACK, TELEGRAM, TWILIO, problems, read

GOOD = {
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_WEBHOOK_ADDRESS": "https://chat.clinic.example/webhooks/twilio",
    "TWILIO_SMS_NUMBER": "+15005550006",
}


def test_without_any_variable_every_channel_is_off_and_nothing_is_wrong():
    for needs in CONNECTORS:
        assert read(needs, {}) is None and problems(needs, {}) == []


def test_with_all_variables_a_channel_is_on_with_those_only():
    assert read(TWILIO, {**GOOD, "SLACK_BOT_TOKEN": "x", "TWILIO_API_ADDRESS": " "}) == GOOD


@pytest.mark.parametrize("name", GOOD)
def test_half_a_setup_is_off_and_says_what_is_missing(name):
    half = {key: value for key, value in GOOD.items() if key != name}
    assert read(TWILIO, half) is None
    assert name in " ".join(problems(TWILIO, half))


def test_a_secret_that_can_be_guessed_and_an_open_address_are_refused():
    telegram = {"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_WEBHOOK_SECRET": "short"}
    assert "TELEGRAM_WEBHOOK_SECRET needs 16 characters" in problems(TELEGRAM, telegram)[0]
    open_address = {**GOOD, "TWILIO_WEBHOOK_ADDRESS": "http://chat.clinic.example"}
    assert "https" in problems(TWILIO, open_address)[0]


def test_no_problem_quotes_a_secret():
    slack = {"SLACK_SIGNING_SECRET": "very-secret-value"}
    assert "very-secret" not in " ".join(problems(SLACK, slack))
