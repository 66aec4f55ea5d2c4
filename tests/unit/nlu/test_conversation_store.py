"""Conversations are encrypted, complete and in order, whatever happens to their database."""

import asyncio
import sqlite3
import threading
import time

import pytest

pytestmark = pytest.mark.model

HER = "her"


@pytest.fixture
def make(tmp_path):
    from rasa.shared.core.domain import Domain

    from bot.nlu.conversation_store import ConversationStore

    domain = Domain.from_dict(
        {
            "version": "3.1",
            "intents": ["greet"],
            "slots": {
                "level": {"type": "any", "mappings": [{"type": "custom"}]},
                "consent": {"type": "any", "mappings": [{"type": "custom"}]},
            },
        }
    )

    def store():
        return ConversationStore(
            domain, str(tmp_path / "conversations.db"), unsaved=str(tmp_path / "unsaved")
        )

    return store


def said(text):
    from rasa.shared.core.events import UserUttered

    return UserUttered(text, {"name": "greet", "confidence": 1.0})


def texts(tracker):
    return [getattr(event, "text", None) for event in tracker.events if hasattr(event, "text")]


async def _says(store, *lines, level=None):
    from rasa.shared.core.events import SlotSet

    tracker = await store.get_or_create_tracker(HER)
    for line in lines:
        tracker.update(said(line))
    if level:
        tracker.update(SlotSet("level", level))
    await store.save(tracker)


class _Outage:
    """Another program holds the SQLite file and does not let go."""

    def __init__(self, folder, *stores):
        for store in stores:
            store._engine.dispose()
        self._connection = sqlite3.connect(folder / "conversations.db", isolation_level=None)
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._connection.execute("BEGIN EXCLUSIVE")

    def end(self):
        self._connection.close()


async def test_every_event_is_stored_once_and_in_order(make):
    store = make()
    await _says(store, "one", "two")
    await _says(make(), "three")
    await _says(store, "four")
    assert texts(await make().retrieve(HER)) == ["one", "two", "three", "four"]


async def test_only_the_latest_session_is_read_and_all_are_kept(make):
    from rasa.shared.core.events import SessionStarted

    store = make()
    await _says(store, "an old story")
    tracker = await store.retrieve(HER)
    tracker.update(SessionStarted())
    tracker.update(said("today"))
    await store.save(tracker)
    assert texts(await store.retrieve(HER)) == ["today"]
    assert texts(await store.retrieve_full_tracker(HER)) == ["an old story", "today"]


async def test_what_she_writes_is_in_no_file_in_the_clear(make, tmp_path):
    store = make()
    await _says(store, "canary sentence")
    outage = _Outage(tmp_path, store)
    await _says(store, "canary in the outage")
    outage.end()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes(), path.name


async def test_a_conversation_from_before_encryption_is_still_read(make, tmp_path):
    import json

    store = make()
    await _says(store, "new")
    with sqlite3.connect(tmp_path / "conversations.db") as connection:
        connection.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, 'user', 1.0, ?)",
            (HER, json.dumps(said("old").as_dict())),
        )
    assert texts(await store.retrieve(HER)) == ["new", "old"]


async def test_an_outage_loses_nothing_and_keeps_her_level(make, tmp_path):
    from bot.nlu import conversation_store

    store = make()
    await _says(store, "before", level="EMERGENCY_NOW")
    outage = _Outage(tmp_path, store)
    started = time.monotonic()
    await _says(store, "during")
    assert time.monotonic() - started < 10
    tracker = await store.retrieve(HER)
    assert tracker.get_slot("level") == "EMERGENCY_NOW"
    assert "during" in texts(tracker)
    assert not await store.answers()
    outage.end()
    store._paused_until = time.monotonic() - conversation_store.PAUSE_SECONDS
    assert await store.answers()
    await _says(store, "after")
    assert texts(await make().retrieve_full_tracker(HER)) == ["before", "during", "after"]


async def test_a_process_that_dies_in_an_outage_loses_nothing(make, tmp_path):
    import os

    store = make()
    await _says(store, "before")
    outage = _Outage(tmp_path, store)
    await _says(store, "during")
    outage.end()
    # As the file of a process that is gone looks to the next one.
    left = next((tmp_path / "unsaved").glob("events-*.jsonl"))
    left.rename(left.with_name("events-0.jsonl"))
    store._unsaved._file.close()
    with open(left.with_name("events-0.jsonl"), "a") as file:
        file.write('{"sender_id": "her", "cut')
    assert os.path.getsize(left.with_name("events-0.jsonl"))
    assert texts(await make().retrieve_full_tracker(HER)) == ["before", "during"]


async def test_it_starts_while_the_database_is_away(make, tmp_path):
    store = make()
    await _says(store, "before")
    outage = _Outage(tmp_path, store)
    store = make()
    await _says(store, "during")
    assert "during" in texts(await store.retrieve(HER))
    outage.end()


class _Hang:
    """The database takes what is asked and does not answer until it is let go."""

    def __init__(self, store, monkeypatch):
        self.over, write = threading.Event(), store._write

        def hangs(rows):
            self.over.wait(10)
            return write(rows)

        monkeypatch.setattr(store, "_write", hangs)
        monkeypatch.setattr(store._in_time, "_seconds", 0.1)
        self.store = store

    async def ends(self):
        self.over.set()
        while self.store._in_time.hangs:
            await asyncio.sleep(0.01)


async def test_a_database_that_hangs_does_not_hold_her_up_and_nothing_is_stored_twice(
    make, monkeypatch, tmp_path
):
    store = make()
    await _says(store, "first")
    hang = _Hang(store, monkeypatch)
    await _says(store, "while it hangs")
    await _says(store, "and again")
    # On disk meanwhile, should this process die.
    [spool] = (tmp_path / "unsaved").glob("*.jsonl")
    assert len(spool.read_text().splitlines()) >= 2
    await hang.ends()
    assert texts(await store.retrieve_full_tracker(HER)) == ["first", "while it hangs", "and again"]
    assert await store.answers()


async def test_what_an_outage_left_behind_is_stored_although_nobody_writes(make, monkeypatch):
    monkeypatch.setattr("bot.nlu.conversation_store.RETRY_SECONDS", 0.05)
    monkeypatch.setattr("bot.nlu.conversation_store.PAUSE_SECONDS", 0.05)
    store = make()
    await _says(store, "before")
    write = store._write
    monkeypatch.setattr(store, "_write", lambda rows: False)
    await _says(store, "my throat is closing")
    await asyncio.sleep(0.2)
    assert len(store._unsaved) > 0
    monkeypatch.setattr(store, "_write", write)
    await asyncio.wait_for(store._retrying, 5)
    assert len(store._unsaved) == 0
    other = await make().retrieve_full_tracker(HER)
    assert texts(other) == ["before", "my throat is closing"]


def answered_as(intent, text):
    from rasa.shared.core.events import UserUttered

    entities = [{"entity": "assessment", "value": {"text": text}}, {"entity": "topic", "value": ""}]
    parsed = {"text": text, "intent": {"name": intent}, "entities": entities}
    return UserUttered(text, {"name": intent, "confidence": 1.0}, entities, parsed)


async def test_after_a_refusal_no_words_of_hers_are_kept_but_what_a_nurse_needs(make):
    from rasa.shared.core.events import SlotSet

    store = make()
    tracker = await store.get_or_create_tracker(HER)
    tracker.update(answered_as("faq_diet", "an early canary about cheese"))
    tracker.update(answered_as("report_symptom", "my arm is sore"))
    await store.save(tracker)
    tracker = await store.retrieve(HER)
    tracker.update(answered_as("consent_refused", "no do not store it"))
    tracker.update(SlotSet("consent", "no"))
    await store.save(tracker)
    tracker = await store.retrieve(HER)
    tracker.update(answered_as("faq_diet", "a late canary about eggs"))
    await store.save(tracker)
    kept = await make().retrieve_full_tracker(HER)
    assert [text for text in texts(kept) if text] == ["my arm is sore"]
    assert "canary" not in repr([event.as_dict() for event in kept.events])


async def test_a_refusal_while_the_database_is_away_is_made_good_on_later(make, tmp_path):
    from rasa.shared.core.events import SlotSet

    store = make()
    await _says(store, "an early canary")
    tracker = await store.retrieve(HER)
    tracker.update(answered_as("consent_refused", "no"))
    tracker.update(SlotSet("consent", "no"))
    outage = _Outage(tmp_path, store)
    await store.save(tracker)
    outage.end()
    store._paused_until = 0.0
    tracker = await store.retrieve(HER)
    tracker.update(said("thanks"))
    await store.save(tracker)
    assert not [text for text in texts(await store.retrieve_full_tracker(HER)) if text]
