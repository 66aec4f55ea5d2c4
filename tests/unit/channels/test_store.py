import os
import threading

import pytest

from bot.channels import database
from bot.channels.store import MessageStore, Turn


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "var" / "channels.db"


@pytest.fixture
def engine(path):
    engine = database.engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine, clock):
    return MessageStore(engine, lease=60, clock=clock)


def test_a_message_is_new_once_and_then_has_its_answers(store):
    first = store.submit("c", "id-1", "hello")
    assert first.turn is Turn.NEW
    assert store.submit("c", "id-1", "hello").turn is Turn.RUNNING
    store.add("c", "bot", {"text": "hi"}, "id-1")
    store.finish(first)
    again = store.submit("c", "id-1", "hello")
    assert again.turn is Turn.DONE
    assert [event.body["text"] for event in store.answers(again)] == ["hi"]
    assert [event.author for event in store.after("c")] == ["patient", "bot"]


def test_one_id_means_one_text(store):
    store.submit("c", "id-1", "hello")
    assert store.submit("c", "id-1", "my throat").turn is Turn.CONFLICT


def test_the_same_id_in_another_conversation_is_another_message(store):
    store.submit("c", "id-1", "hello")
    assert store.submit("d", "id-1", "hello").turn is Turn.NEW
    assert [event.body["text"] for event in store.after("d")] == ["hello"]


def test_messages_of_a_conversation_wait_for_the_earlier_ones(store):
    first, second = store.submit("c", "id-1", "a"), store.submit("c", "id-2", "b")
    other = store.submit("d", "id-3", "c")
    assert store.is_next(first) and store.is_next(other)
    assert not store.is_next(second)
    store.finish(first)
    assert store.is_next(second)


def test_a_message_whose_process_died_is_answered_after_all(store, clock):
    first, second = store.submit("c", "id-1", "my throat"), store.submit("c", "id-2", "b")
    clock.now += 61
    assert store.is_next(second)
    again = store.submit("c", "id-1", "my throat")
    assert (again.turn, again.ticket) == (Turn.NEW, first.ticket)
    assert store.submit("c", "id-1", "my throat").turn is Turn.RUNNING
    assert len(store.after("c")) == 2


def test_processes_share_the_file_and_one_of_them_wins(store, path, clock):
    another = database._build.__wrapped__(f"sqlite:///{path}")
    other = MessageStore(another, clock=clock)
    turns = []
    threads = [
        threading.Thread(target=lambda one=one: turns.append(one.submit("c", "id-1", "x").turn))
        for one in (store, other) * 8
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert turns.count(Turn.NEW) == 1
    other.add("c", "nurse", {"text": "Hello"})
    assert [event.author for event in store.after("c")] == ["patient", "nurse"]
    another.dispose()


def test_what_is_written_survives_and_only_its_owner_reads_it(store, path, clock):
    store.submit("c", "id-1", "half a pair \ud83d and \U0001f198")
    reopened = MessageStore(database._build.__wrapped__(f"sqlite:///{path}"), clock=clock)
    assert reopened.after("c")[0].body["text"] == "half a pair \ud83d and \U0001f198"
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_what_she_wrote_is_not_in_the_file_in_the_clear(store, path):
    store.submit("c", "id-1", "my secret words")
    assert store.after("c")[0].body["text"] == "my secret words"
    content = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"secret words" not in content


def test_reading_goes_on_after_the_last_line_seen(store):
    numbers = [store.add("c", "bot", {"text": str(one)}).number for one in range(5)]
    assert [event.number for event in store.after("c", numbers[2])] == numbers[3:]


def test_old_lines_are_forgotten(store, clock):
    store.finish(store.submit("c", "id-1", "old"))
    clock.now += 1000
    store.submit("c", "id-2", "new")
    assert store.forget_before(clock.now - 100) == 1
    assert [event.body["text"] for event in store.after("c")] == ["new"]
    assert store.submit("c", "id-1", "old").turn is Turn.NEW


def test_a_deleted_conversation_is_gone_and_stays_gone(store):
    submission = store.submit("c", "id-1", "my secret")
    store.submit("d", "id-2", "another's")
    assert not store.is_idle("c")
    assert store.delete("c") == 1
    store.add("c", "bot", {"text": "a late answer"}, "id-1")
    store.finish(submission)
    assert store.after("c") == [] and store.is_deleted("c") and store.is_idle("c")
    assert store.delete("c") == 0
    assert [event.body["text"] for event in store.after("d")] == ["another's"]
    assert not store.is_deleted("d")


def test_a_pushed_line_is_added_once(store):
    store.submit("c", "id-1", "hello")
    for _ in range(2):
        store.add_once("c", "nurse", {"text": "How are you?"}, "push 1")
    assert [event.body["text"] for event in store.after("c")] == ["hello", "How are you?"]


def test_who_has_news_is_known_by_number(store):
    first = store.add("c", "bot", {"text": "one"})
    store.add("d", "bot", {"text": "two"})
    assert store.changed_since(0) == {"c", "d"}
    assert store.changed_since(first.number) == {"d"}
    assert store.latest_number() == first.number + 1


def test_her_words_can_be_forgotten_and_what_she_was_told_stays(store):
    first = store.submit("c", "id-1", "my own words")
    store.add("c", "bot", {"text": "an answer"}, "id-1")
    store.submit("d", "id-1", "of somebody else")
    assert store.forget_words("c") == 1
    assert [event.author for event in store.after("c")] == ["bot"]
    assert [event.author for event in store.after("d")] == ["patient"]
    # The message itself is still known, so that a repeat is not answered twice.
    store.finish(first)
    assert store.submit("c", "id-1", "my own words").turn is Turn.DONE
