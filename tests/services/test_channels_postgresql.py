"""Two processes that serve patients from one PostgreSQL: each request may go to either of them."""

import concurrent.futures
import json
import secrets
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text
from test_care_postgresql import server  # noqa: F401

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "channels"))

from stub_chat import running_chat

from bot.channels import database
from bot.channels.store import MessageStore

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def replicas(server, tmp_path_factory):  # noqa: F811
    """The addresses of two processes, and the folder of each; they share the key of the tokens."""
    with create_engine(server, future=True).begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    folders = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")]
    key = secrets.token_bytes(32)
    for folder in folders:
        (folder / "chat.key").write_bytes(key)
    with running_chat(folders[0], server) as one, running_chat(folders[1], server) as two:
        yield (one, two), folders, server


class Client:
    def __init__(self, addresses):
        self.http = [httpx.Client(base_url=f"{one}/chat", timeout=30) for one in addresses]
        session = self.http[0].post("/session").json()
        self.conversation = session["conversation"]
        for client in self.http:
            client.headers["Authorization"] = f"Bearer {session['token']}"

    def say(self, replica, text, id=None):
        body = {"id": id or secrets.token_hex(8), "text": text}
        return self.http[replica].post("/messages", json=body)

    def texts(self, replica):
        return [one["text"] for one in self.http[replica].get("/history").json()["events"]]


def seen(folders, word):
    files = [folder / "seen.txt" for folder in folders]
    return sum(file.read_text().count(word) for file in files if file.exists())


def test_a_conversation_goes_on_at_the_other_process(replicas):
    addresses, _, _ = replicas
    her = Client(addresses)
    her.say(0, "one")
    her.say(1, "two")
    assert her.texts(0) == her.texts(1) == ["one", "I read: one", "two", "I read: two"]


def test_the_stream_of_one_process_sees_what_the_other_writes(replicas):
    addresses, _, _ = replicas
    her = Client(addresses)
    threading.Timer(1, her.say, (1, "from the other side")).start()
    with her.http[0].stream("GET", "/events") as answer:
        events = (json.loads(one[6:]) for one in answer.iter_lines() if one.startswith("data: "))
        assert [next(events)["text"], next(events)["text"]] == [
            "from the other side",
            "I read: from the other side",
        ]


def test_a_long_poll_of_one_process_ends_when_the_other_writes(replicas):
    addresses, _, _ = replicas
    her = Client(addresses)
    began = time.monotonic()
    threading.Timer(1, her.say, (1, "waited for")).start()
    [event, *_] = her.http[0].get("/history?wait=20").json()["events"]
    assert event["text"] == "waited for"
    assert time.monotonic() - began < 15


def test_one_message_sent_to_both_is_answered_once(replicas):
    addresses, folders, _ = replicas
    her, word = Client(addresses), secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: her.say(n % 2, f"slow {word}", "same-id-9").json(), range(6))
        )
    assert answers == [answers[0]] * 6
    assert seen(folders, word) == 1


def test_messages_keep_their_order_over_both(replicas):
    addresses, _, _ = replicas
    her, threads = Client(addresses), []
    for number in range(4):
        threads.append(threading.Thread(target=her.say, args=(number % 2, f"slow {number}")))
        threads[-1].start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    answers = [one for one in her.texts(0) if one.startswith("I read")]
    assert answers == [f"I read: slow {number}" for number in range(4)]


def test_the_limit_of_a_session_counts_over_both(replicas):
    addresses, _, _ = replicas
    her = Client(addresses)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: her.say(n % 2, "hello").status_code, range(40)))
    # 20 at once, and one more every two seconds while they are answered.
    assert 20 <= answers.count(200) <= 32
    assert set(answers) == {200, 429}


def test_numbers_become_visible_in_order(replicas):
    """A reader that follows the numbers misses no line, however many write at once."""
    _, _, server = replicas  # noqa: F811
    store = MessageStore(database.engine(server))
    found, stop = [], threading.Event()

    def follow():
        last = 0
        while not stop.is_set() or store.after("c", last):
            for event in store.after("c", last):
                found.append(event.number)
                last = event.number

    reader = threading.Thread(target=follow)
    reader.start()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: store.add("c", "bot", {"text": str(n)}), range(120)))
    stop.set()
    reader.join()
    assert found == [event.number for event in store.after("c")]
    assert len(found) == 120


def test_a_deleted_conversation_is_gone_at_both(replicas):
    addresses, _, _ = replicas
    her = Client(addresses)
    her.say(0, "my secret")
    MessageStore(database.engine(replicas[2])).delete(her.conversation)
    for client in her.http:
        assert client.get("/history").status_code == 410
        assert client.post("/session").status_code == 410
