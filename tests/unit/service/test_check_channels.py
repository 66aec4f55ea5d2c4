from dataclasses import replace

from bot.channels import database
from bot.channels.messaging.inbox import Inbox
from bot.channels.messaging.received import Received
from bot.channels.outgoing import Outgoing
from bot.service.check_channels import arrived, listed, messaging
from bot.service.findings import ERROR, OK, WARNING
from bot.settings import load_settings

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s" * 32}


def test_each_messaging_channel_is_on_off_or_half_set_up():
    environment = {**SLACK, "TWILIO_ACCOUNT_SID": "AC1"}
    found = {one.sentence.split(":")[0]: one for one in messaging(environment)}
    assert set(found) == {"Twilio", "Telegram", "Messenger", "Slack", "Webhook"}
    assert found["Slack"].state == OK and "on" in found["Slack"].sentence.split()[1]
    assert found["Telegram"].state == OK and "off" in found["Telegram"].sentence
    assert found["Twilio"].state == ERROR and "TWILIO_AUTH_TOKEN is missing" in found["Twilio"].fix
    assert "xoxb" not in str(found)


def test_a_channel_of_rasa_itself_is_an_error():
    states = [one.state for one in listed({"bot.channels.web.WebChannel": None, "rest": None})]
    assert states == [OK, ERROR]
    assert [one.state for one in listed({})] == [WARNING]


def test_messages_that_did_not_arrive_are_a_warning(tmp_path):
    address = f"sqlite:///{tmp_path / 'channels.db'}"
    settings = replace(load_settings(environment={}), folder=tmp_path, channel_database=address)
    assert list(arrived(settings)) == []
    engine = database.engine(address)
    her = Inbox(engine, "slack").take(Received("1", "slack", "T1:D1", "hello")).conversation
    outgoing = Outgoing(engine, "slack")
    [number] = outgoing.add(her, [{"text": "hi"}], "k")
    outgoing.failed(number, "Slack error channel_not_found")
    [finding] = arrived(settings)
    assert finding.state == WARNING and "1 of them never will" in finding.sentence
    assert "channel_not_found" in finding.fix
