from dataclasses import replace

import pytest

from bot.channels import database
from bot.channels.messaging.inbox import Inbox
from bot.channels.messaging.received import Received
from bot.channels.outgoing import RETRIES, Outgoing, undelivered
from bot.settings import load_settings


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settings(tmp_path):
    address = f"sqlite:///{tmp_path / 'channels.db'}"
    return replace(load_settings(environment={}), folder=tmp_path, channel_database=address)


@pytest.fixture
def outgoing(settings, clock):
    engine = database.engine(settings.channel_database)
    return Outgoing(engine, "twilio", clock)


@pytest.fixture
def her(settings, outgoing, clock):
    inbox = Inbox(database.engine(settings.channel_database), "twilio", clock)
    return inbox.take(Received("1", "sms", "+15551230001", "hello")).conversation


def test_parts_go_out_in_order_and_to_her_address(outgoing, her):
    outgoing.add(her, [{"text": "one"}, {"text": "two"}], "k1")
    outgoing.add(her, [{"text": "three"}], "k2")
    sent = []
    while due := outgoing.next(her):
        assert (due.address, due.channel) == ("+15551230001", "sms")
        sent.append(due.body["text"])
        outgoing.sent(due.number, f"SM{due.number}")
    assert sent == ["one", "two", "three"]


def test_a_key_is_added_once(outgoing, her):
    first = outgoing.add(her, [{"text": "one"}, {"text": "two"}], "k")
    assert outgoing.add(her, [{"text": "one"}, {"text": "two"}], "k") == first
    outgoing.sent(first[0], None)
    assert outgoing.outcome(first) == [("sent", ""), ("due", "")]


def test_a_failure_waits_longer_each_time_and_holds_back_what_comes_after(outgoing, her, clock):
    outgoing.add(her, [{"text": "one"}, {"text": "two"}], "k")
    for pause in RETRIES:
        due = outgoing.next(her)
        assert due.body["text"] == "one"
        outgoing.later(due, "HTTP 503")
        clock.now += pause - 0.5
        assert outgoing.next(her) is None and outgoing.waiting() == []
        clock.now += 1
        assert outgoing.waiting() == [her]
    outgoing.later(outgoing.next(her), "HTTP 503")
    assert outgoing.next(her).body["text"] == "two"


def test_a_new_message_brings_what_waits_forward_unless_the_provider_asked_to_wait(
    outgoing, her, clock
):
    outgoing.add(her, [{"text": "one"}], "k1")
    outgoing.later(outgoing.next(her), "HTTP 503")
    outgoing.add(her, [{"text": "EMERGENCY"}], "k2")
    assert outgoing.next(her).body["text"] == "one"
    outgoing.later(outgoing.next(her), "HTTP 429", seconds=100)
    outgoing.add(her, [{"text": "still EMERGENCY"}], "k3")
    assert outgoing.next(her) is None
    clock.now += 101
    assert outgoing.next(her).body["text"] == "one"


def test_nurses_see_what_failed_and_what_is_tried_again_but_not_what_arrived(
    outgoing, her, settings
):
    outgoing.add(her, [{"text": "sent"}, {"text": "failed"}, {"text": "retried"}], "k")
    outgoing.sent(outgoing.next(her).number, "SM1")
    outgoing.failed(outgoing.next(her).number, "Twilio error 21211")
    assert [one.state for one in undelivered(settings)] == ["failed"]
    outgoing.later(outgoing.next(her), "HTTP 503")
    retried, failed = undelivered(settings)
    assert (retried.state, retried.reason) == ("due", "HTTP 503")
    assert (failed.state, failed.channel, failed.conversation_id) == ("failed", "sms", her)
    outgoing.report("SM1", "undelivered", "Twilio error 30005")
    assert len(undelivered(settings)) == 3


def test_reports_of_another_connector_change_nothing(outgoing, her, settings):
    outgoing.add(her, [{"text": "one"}], "k")
    outgoing.sent(outgoing.next(her).number, "SM1")
    engine = database.engine(settings.channel_database)
    Outgoing(engine, "slack").report("SM1", "failed", "gone")
    assert undelivered(settings) == []


def test_what_is_done_is_forgotten_after_a_while(outgoing, her, clock):
    outgoing.add(her, [{"text": "sent"}, {"text": "due"}], "k")
    outgoing.sent(outgoing.next(her).number, "SM1")
    clock.now += 10
    assert outgoing.forget_before(clock.now) == 1
    assert outgoing.next(her).body["text"] == "due"
