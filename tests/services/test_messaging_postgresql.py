"""The messaging channels' tables on PostgreSQL, with several processes' worth of threads."""

import threading

import pytest
from sqlalchemy import create_engine, text
from test_care_postgresql import server  # noqa: F401

from bot.channels import database
from bot.channels.messaging.inbox import Inbox
from bot.channels.messaging.received import Received
from bot.channels.outgoing import Outgoing

pytestmark = pytest.mark.services


@pytest.fixture
def engine(server):  # noqa: F811
    with create_engine(server, future=True).begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return database.engine(server)


def at_once(count, work):
    """Call ``work`` with 0, 1, 2 … in as many threads; return what the calls return."""
    start, results = threading.Barrier(count), [None] * count

    def run(number):
        start.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_message_is_taken_once_and_one_process_answers_and_sends(engine):
    inboxes = at_once(4, lambda _: Inbox(engine, "twilio"))
    message = Received("SM1", "sms", "+15551230001", "my throat itches")
    taken = at_once(4, lambda number: inboxes[number].take(message))
    assert sorted(one.new for one in taken) == [False, False, False, True]
    assert len({one.conversation for one in taken}) == 1, "all processes share the key"

    her = taken[0].conversation
    assert sum(at_once(4, lambda number: inboxes[number].lease.claim(her))) == 1
    waiting = inboxes[0].next(her)
    assert waiting.received == message
    inboxes[0].done(waiting.number)
    assert inboxes[1].next(her) is None

    outgoings = [Outgoing(engine, "twilio") for _ in range(4)]
    numbers = at_once(4, lambda number: outgoings[number].add(her, [{"text": "hi"}], "k"))
    assert len({tuple(one) for one in numbers}) == 1
    assert outgoings[0].waiting() == [her]
    assert sum(at_once(4, lambda number: outgoings[number].lease.claim(her))) == 1
    due = outgoings[0].next(her)
    assert (due.address, due.body) == ("+15551230001", {"text": "hi"})
    outgoings[0].later(due, "HTTP 429", seconds=60)
    assert outgoings[0].next(her) is None and outgoings[0].waiting() == []
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT address FROM messaging_conversations")).all()
    assert "5551230001" not in str(rows)
