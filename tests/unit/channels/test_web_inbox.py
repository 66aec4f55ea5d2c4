"""A web message of a process that died is taken up by another, while she waits."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels import database, inbox
from bot.channels.inbox import Inbox
from bot.channels.store import MessageStore, Turn
from bot.channels.stream import Wakers


@pytest.fixture
def store(tmp_path):
    engine = database.engine(f"sqlite:///{tmp_path}/channels.db")
    yield MessageStore(engine, lease=0.6)
    engine.dispose()


def inbox_of(store, engine):
    async def stored(function, *arguments):
        return await asyncio.to_thread(function, *arguments)

    async def record(conversation, author, body, submission=None):
        return await stored(store.add, conversation, author, body, submission)

    return Inbox(stored, store, Wakers(stored, store), record, engine, "call 112 now")


async def test_the_same_message_is_answered_after_the_process_that_had_it_died(store):
    async def engine(message):
        await message.output_channel.send_response("her", {"text": f"answer to {message.text}"})

    dead = store.submit("her", "message-1", "my throat is tight")
    assert dead.turn is Turn.NEW
    # The widget sends it again while the other process counts as busy.
    answers = await inbox_of(store, engine).take("her", "message-1", "my throat is tight")
    assert [event.body["text"] for event in answers] == ["answer to my throat is tight"]


async def test_a_slow_answer_is_not_given_twice(store, monkeypatch):
    monkeypatch.setattr(inbox, "_SIGN", 0.1)
    given = []

    async def slow(message):
        given.append(message.text)
        await asyncio.sleep(2.0)
        await message.output_channel.send_response("her", {"text": "done"})

    one, other = inbox_of(store, slow), inbox_of(store, slow)
    first = asyncio.ensure_future(one.take("her", "message-1", "hello"))
    await asyncio.sleep(0.2)
    again = await other.take("her", "message-1", "hello")
    assert [e.body for e in await first] == [e.body for e in again]
    assert given == ["hello"]


async def test_how_many_processes_a_message_has_killed_is_known_to_the_next(store):
    kept = []

    async def engine(message):
        kept.append(message.deaths)
        raise asyncio.CancelledError

    for _ in range(3):
        with pytest.raises(asyncio.CancelledError):
            await inbox_of(store, engine).take("her", "message-1", "poison")
        await asyncio.sleep(0.7)
    assert kept == [0, 1, 2]


async def test_what_a_process_said_before_it_died_is_not_said_again(store):
    async def engine(message):
        for text in ("EMERGENCY: call 112", "Have you called?"):
            await message.output_channel.send_response("her", {"text": text})

    store.submit("her", "message-1", "my throat is tight")
    store.add("her", "bot", {"text": "EMERGENCY: call 112"}, "message-1")
    await asyncio.sleep(0.7)
    answers = await inbox_of(store, engine).take("her", "message-1", "my throat is tight")
    said = ["EMERGENCY: call 112", "Have you called?"]
    assert [event.body["text"] for event in answers] == said
    assert [event.body["text"] for event in store.after("her")][1:] == said


async def test_an_answer_is_never_recorded_without_its_message(store, monkeypatch):
    async def engine(message):
        await message.output_channel.send_response("her", {"text": f"answer to {message.text}"})

    submit, away = store.submit, [True, True, True]

    def sometimes(*given):
        if away.pop(0):
            raise OperationalError("", {}, Exception("away"))
        return submit(*given)

    monkeypatch.setattr(store, "submit", sometimes)
    taking = inbox_of(store, engine)
    [lost] = await taking.take("her", "message-1", "hello")
    assert (lost.number, store.after("her")) == (0, [])
    away.append(False)
    [late] = await taking.take("her", "message-2", "again")
    assert late.number > 0
    assert [line.author for line in store.after("her")] == ["patient", "bot"]
