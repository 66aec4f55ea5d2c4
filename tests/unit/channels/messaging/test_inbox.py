import threading
from pathlib import Path

import pytest

from bot.channels import database
from bot.channels.messaging.inbox import MOST_WAITING, Inbox
from bot.channels.messaging.received import Received
from bot.channels.outgoing import Outgoing


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def engine(tmp_path):
    return database.engine(f"sqlite:///{tmp_path / 'channels.db'}")


@pytest.fixture
def inbox(engine, clock):
    return Inbox(engine, "twilio", clock)


def message(id="1", text="hello", **more):
    return Received(id, "sms", "+15551230001", text, **more)


def test_a_conversation_has_one_id_that_does_not_show_the_number(inbox, engine, tmp_path):
    id = inbox.conversation("sms", "+15551230001")
    assert id == Inbox(engine, "twilio").conversation("sms", "+15551230001")
    assert id != inbox.conversation("whatsapp", "+15551230001")
    assert "5551230001" not in id and len(id) <= 64
    other = database.engine(f"sqlite:///{tmp_path / 'other.db'}")
    assert id != Inbox(other, "twilio").conversation("sms", "+15551230001"), "the hash has a key"


def test_a_message_is_taken_once_also_by_two_threads_at_the_same_moment(inbox, engine):
    others = [Inbox(engine, "twilio") for _ in range(4)]
    taken, start = [], threading.Barrier(4)

    def take(one):
        start.wait()
        taken.append(one.take(message()).new)

    threads = [threading.Thread(target=take, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, False, False, True]


def test_the_same_id_on_another_connector_is_another_message(inbox, engine):
    assert inbox.take(message()).new
    assert Inbox(engine, "telegram").take(message()).new


def test_one_process_at_a_time_answers_in_a_conversation(inbox, engine, clock):
    other = Inbox(engine, "twilio", clock)
    conversation = inbox.take(message()).conversation
    assert inbox.lease.claim(conversation) and inbox.lease.claim(conversation)
    assert not other.lease.claim(conversation) and other.unanswered() == []
    clock.now += 61
    assert other.unanswered() == [conversation]
    assert other.lease.claim(conversation) and not inbox.lease.claim(conversation)
    inbox.lease.release(conversation)
    assert not inbox.lease.claim(conversation), "nobody gives back what another process holds"
    other.lease.release(conversation)
    clock.now += 1
    assert inbox.lease.claim(conversation)


def test_what_is_answered_is_forgotten_but_its_id_is_known(inbox, clock):
    conversation = inbox.take(message()).conversation
    waiting = inbox.next(conversation)
    assert waiting.received == message() and waiting.attempts == 1
    inbox.done(waiting.number)
    assert inbox.next(conversation) is None and not inbox.take(message()).new
    clock.now += 10
    assert inbox.forget_before(clock.now) == 1
    assert inbox.take(message()).new


def test_only_so_many_messages_wait_but_an_emergency_always_gets_in(inbox):
    for number in range(MOST_WAITING):
        assert inbox.take(message(str(number))).new
    assert inbox.take(message("one more")).dropped
    urgent = inbox.take(message("urgent"), slow=True, urgent=True)
    assert urgent.new and inbox.urgent_waits(urgent.conversation)


def test_a_change_of_no_word_is_known_and_another_change_is_new(inbox):
    first = inbox.take(message("1", original="m7"))
    assert not inbox.take(message("2", original="m7", edited=True)).new
    assert inbox.take(message("3", "hello!", original="m7", edited=True)).new
    assert not inbox.take(message("4", "hello!", original="m7", edited=True)).new
    assert inbox.take(message("5", "hello", original="m8", edited=True)).new
    assert inbox.next(first.conversation).received.id == "1"


def test_nothing_she_wrote_and_no_number_is_in_the_clear(inbox, engine, tmp_path):
    conversation = inbox.take(message(text="my throat itches")).conversation
    inbox.set_choices(conversation, ["yes my throat"])
    Outgoing(engine, "twilio").add(conversation, [{"text": "EMERGENCY: your throat"}], "k")
    stored = b"".join(path.read_bytes() for path in Path(tmp_path).glob("channels.db*"))
    for secret in (b"throat", b"5551230001", b"EMERGENCY"):
        assert secret not in stored


def test_a_conversation_can_be_forgotten_with_everything_in_it(inbox, engine, clock):
    conversation = inbox.take(message()).conversation
    outgoing = Outgoing(engine, "twilio")
    outgoing.add(conversation, [{"text": "hello"}], "k")
    assert inbox.idle_since(clock.now) == []
    assert inbox.idle_since(clock.now + 1) == [conversation]
    inbox.forget(conversation)
    assert inbox.next(conversation) is None and outgoing.next(conversation) is None
    assert outgoing.stopped(conversation) is None and inbox.idle_since(clock.now + 1) == []
