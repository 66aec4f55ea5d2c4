"""The web chat's API, over HTTP, with hostile clients among the friendly ones."""

import concurrent.futures
import contextlib
import json
import os
import secrets
import socket
import threading
import time

import httpx
import pytest

from bot.channels import database
from bot.channels.store import MessageStore
from bot.channels.tokens import SessionTokens

pytestmark = pytest.mark.services


class Client:
    """A page: a session, and what it asks for."""

    def __init__(self, address, token=None):
        self.http = httpx.Client(base_url=f"{address}/chat", timeout=30)
        self.token = token or self.http.post("/session").json()["token"]

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def say(self, text, id=None):
        body = {"id": id or secrets.token_hex(8), "text": text}
        return self.http.post("/messages", json=body, headers=self.headers)

    def texts(self, text, id=None):
        answer = self.say(text, id)
        assert answer.status_code == 200, answer.text
        return [event["text"] for event in answer.json()["answers"]]

    def history(self):
        return self.http.get("/history", headers=self.headers).json()["events"]

    def events(self, last=0, count=1):
        """Return the next ``count`` server-sent events after line ``last``."""
        headers = {**self.headers, "Last-Event-ID": str(last)}
        found = []
        with self.http.stream("GET", "/events", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    found.append(json.loads(line[6:]))
                    if len(found) == count:
                        return found
        return found


@pytest.fixture
def her(chat):
    return Client(chat)


def seen(chat_folder):
    return (chat_folder / "seen.txt").read_text(encoding="utf-8")


def test_a_message_is_answered(her):
    assert her.texts("hello") == ["I read: hello"]


def test_an_emergency_and_a_crisis_are_named_as_such(her):
    first, second, _ = her.say("my throat feels tight").json()["answers"]
    assert first["kind"] == "emergency" and first["text"].startswith("EMERGENCY:")
    assert "Have you called?" in second["text"] and "kind" not in second
    first = her.say("i want to die").json()["answers"][0]
    assert first["kind"] == "crisis"


def test_a_button_with_a_command_sends_its_title(her):
    [answer] = her.say("my arm is sore").json()["answers"]
    assert [button["payload"] for button in answer["buttons"]] == ["yes", "no", "Not sure"]


def test_a_command_is_words_and_no_session_id_can_be_chosen(her, chat_folder):
    body = {"id": "chosen-id", "text": "/restart_me", "sender": "victim", "sender_id": "victim"}
    assert her.http.post("/messages", json=body, headers=her.headers).status_code == 200
    [line] = [line for line in seen(chat_folder).splitlines() if "restart me" in line]
    assert "'typed_command': True" in line
    assert not line.startswith("victim")


def test_the_same_id_is_answered_once(her, chat_folder):
    word = secrets.token_hex(8)
    first = her.say(f"slow {word}", "same-id-1").json()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: her.say(f"slow {word}", "same-id-1").json(), range(4)))
    assert again == [first] * 4
    assert seen(chat_folder).count(word) == 1
    assert len(her.history()) == 2


def test_retries_at_the_same_moment_are_answered_once(her, chat_folder):
    word = secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: her.texts(f"slow {word}", "same-id-2"), range(5)))
    assert answers == [[f"I read: slow {word}"]] * 5
    assert seen(chat_folder).count(word) == 1


def test_another_text_under_a_used_id_is_refused_with_the_number(her):
    her.texts("hello", "used-id-1")
    answer = her.say("my throat is closing", "used-id-1")
    assert answer.status_code == 409
    assert "999" in answer.json()["message"]


def test_messages_sent_at_once_are_answered_in_order(her, chat_folder):
    words = [secrets.token_hex(4) for _ in range(4)]
    threads = []
    for word in words:
        threads.append(threading.Thread(target=her.say, args=(f"slow {word}",)))
        threads[-1].start()
        time.sleep(0.15)
    for thread in threads:
        thread.join()
    answers = [event["text"] for event in her.history() if event["author"] == "bot"]
    assert answers == [f"I read: slow {word}" for word in words]


@pytest.mark.parametrize("word", ["crash", "silent"])
def test_when_the_engine_fails_she_gets_the_safe_text(her, word):
    [text] = her.texts(word)
    assert "call 999" in text


def test_a_late_answer_is_pushed(her):
    [safe] = her.texts("hang")
    assert "call 999" in safe
    last = her.history()[-1]["number"]
    [late] = her.events(last)
    assert late["text"] == "I read: hang"


def test_no_log_line_has_what_she_wrote(her, chat_folder):
    her.texts("crash secretword")
    log = (chat_folder / "server.log").read_text()
    assert "ValueError" in log
    assert "secretword" not in log


def test_history_and_stream_resume_where_she_was(her):
    her.texts("one")
    her.texts("two")
    history = her.history()
    assert [event["text"] for event in history] == ["one", "I read: one", "two", "I read: two"]
    assert her.events(history[1]["number"], 2) == history[2:]


def test_what_another_process_writes_reaches_an_open_page(her, chat_folder):
    her.texts("hello")
    conversation = json.loads(_payload(her.token))[0]
    last = her.history()[-1]["number"]
    store = MessageStore(database.engine(f"sqlite:///{chat_folder}/channels.db"))
    threading.Timer(0.5, store.add, (conversation, "nurse", {"text": "This is the nurse."})).start()
    [event] = her.events(last)
    assert (event["author"], event["text"]) == ("nurse", "This is the nurse.")


def test_a_message_of_4000_characters_is_taken_and_a_longer_one_is_not_lost(her):
    assert her.texts("\U0001f198" * 4000)
    answer = her.say("x" * 4001)
    assert answer.status_code == 413
    assert "not lost" in answer.json()["message"] and "999" in answer.json()["message"]


def test_an_empty_message_is_answered_like_a_photo(her):
    assert "without words" in her.texts("   ")[0]


def _payload(token):
    import base64

    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


FORGED = [
    "",
    "Bearer",
    "Bearer .",
    "Bearer null",
    "Bearer v1..",
    "Basic dXNlcjpwYXNzd29yZA==",
    "Bearer " + "x" * 5000,
    "Bearer " + SessionTokens(os.urandom(32)).issue()[0],
]


@pytest.mark.parametrize("authorization", FORGED)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/messages"), ("GET", "/history"), ("GET", "/events")]
)
def test_no_forged_token_is_accepted(her, method, path, authorization):
    body = {"id": "forged-id", "text": "hello"} if method == "POST" else None
    answer = her.http.request(method, path, json=body, headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert "999" in answer.json()["message"]


def test_an_expired_token_is_not_accepted(her, chat_folder):
    key = (chat_folder / "chat.key").read_bytes()
    old, _ = SessionTokens(key, lifetime=60, clock=lambda: time.time() - 61).issue()
    expired = Client(str(her.http.base_url)[: -len("/chat/")], old)
    assert expired.say("hello").status_code == 401


def test_one_conversation_cannot_read_another(her, chat):
    her.texts("this is private")
    other = Client(chat)
    assert other.history() == []
    answer = other.http.get(
        "/history",
        params={"conversation": json.loads(_payload(her.token))[0]},
        headers=other.headers,
    )
    assert answer.json()["events"] == []


def test_the_conversation_id_alone_opens_nothing(her):
    conversation = json.loads(_payload(her.token))[0]
    for secret in (conversation, f"v1.{her.token.split('.')[1]}.", her.token[:-4]):
        answer = her.http.get("/history", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401


DEEP = "[" * 30_000 + "]" * 30_000
BAD_BODIES = {
    "deep JSON": (DEEP, 400),
    "deep JSON in a field": ('{"id": "deep-id-1", "text": ' + DEEP + "}", 400),
    "no JSON": ("my throat", 400),
    "half a JSON": ('{"id": "half-id-1", "text": "hel', 400),
    "not UTF-8": (b'{"id": "utf8-id-1", "text": "\xff\xfe"}', 400),
    "a list": ('["id", "text"]', 400),
    "null": ("null", 400),
    "empty": ("", 400),
    "no id": ('{"text": "hello"}', 400),
    "no text": ('{"id": "none-id-1"}', 400),
    "a number as id": ('{"id": 12345678, "text": "hello"}', 400),
    "a list as text": ('{"id": "list-id-1", "text": ["hello"]}', 400),
    "an object as text": ('{"id": "dict-id-1", "text": {"$gt": ""}}', 400),
    "an id with a quote": ('{"id": "id\' OR 1=1 --", "text": "hello"}', 400),
    "a short id": ('{"id": "a", "text": "hello"}', 400),
    "a long id": (json.dumps({"id": "a" * 65, "text": "hello"}), 400),
    "10 MB": ('{"id": "mega-id-1", "text": "' + "x" * 10_000_000 + '"}', 413),
    "100 kB of blanks": (" " * 100_000 + "{}", 413),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_no_bad_body_is_accepted(her, name, chat_folder):
    body, status = BAD_BODIES[name]
    before = seen(chat_folder).count("\n") if (chat_folder / "seen.txt").exists() else 0
    headers = {**her.headers, "Content-Type": "application/json"}
    try:
        answer = her.http.post("/messages", content=body, headers=headers)
    except httpx.TransportError:
        # A body far too large may be cut off before the refusal is read.
        assert status == 413
    else:
        assert answer.status_code == status
        assert answer.json()["error"]
    after = seen(chat_folder).count("\n") if (chat_folder / "seen.txt").exists() else 0
    assert after == before
    assert her.texts("still here")


def test_a_body_of_unknown_length_is_limited_too(her):
    def endless():
        for _ in range(200):
            yield b" " * 1000

    headers = {**her.headers, "Content-Type": "application/json"}
    with contextlib.suppress(httpx.TransportError):
        assert her.http.post("/messages", content=endless(), headers=headers).status_code == 413
    assert her.texts("still here")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(her, kind):
    headers = {**her.headers, "Content-Type": kind}
    body = b'{"id": "kind-id-1", "text": "hello"}'
    assert her.http.post("/messages", content=body, headers=headers).status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_taken(her, method):
    assert her.http.request(method, "/messages", headers=her.headers).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/chat/static/../../../settings.yml",
        "/chat/static/%2e%2e/%2e%2e/settings.yml",
        "/chat/static/..%2findex.html",
        "/chat/static/%2fetc%2fpasswd",
        "/chat/static/nothing.js",
        "/chat/static/",
    ],
)
def test_no_other_file_is_served(chat, path):
    host, port = chat.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        status = connection.makefile("rb").readline().split()[1]
    assert status in (b"404", b"400")


def test_other_sites_may_not_use_the_chat(chat):
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    preflight = httpx.options(f"{chat}/chat/messages", headers=evil)
    assert preflight.status_code == 403
    session = httpx.post(f"{chat}/chat/session", headers=evil)
    assert session.status_code == 403
    for answer in (preflight, session):
        assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_site_may(chat):
    origin = {"Origin": "https://clinic.example", "Sec-Fetch-Site": "cross-site"}
    preflight = httpx.options(f"{chat}/chat/messages", headers=origin)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "https://clinic.example"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    session = httpx.post(f"{chat}/chat/session", headers=origin)
    assert session.json()["token"]
    assert session.headers["access-control-allow-origin"] == "https://clinic.example"


def test_the_page_has_a_strict_policy_and_nothing_inline(chat):
    page = httpx.get(f"{chat}/chat/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<style" not in page.text and " style=" not in page.text
    assert "<script>" not in page.text and "onclick" not in page.text
    assert "Call 999 now." in page.text


def test_the_root_leads_to_the_page(chat):
    answer = httpx.get(f"{chat}/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/chat/")


def test_rasas_own_rest_channel_is_guarded(chat, chat_folder):
    word = secrets.token_hex(8)
    body = {"sender": "her", "message": f"\uff0f{word}_x", "metadata": {"is_external": True}}
    answer = httpx.post(f"{chat}/webhooks/rest/webhook", json=body)
    assert [one["text"] for one in answer.json()] == [f"I read: {word} x"]
    [line] = [line for line in seen(chat_folder).splitlines() if word in line]
    assert line.endswith("{'typed_command': True}")
    body = {"sender": "her", "message": "crash", "metadata": "no mapping"}
    [safe] = httpx.post(f"{chat}/webhooks/rest/webhook", json=body).json()
    assert "call 999" in safe["text"]


def test_only_eight_streams_are_open_at_once(her):
    her.texts("hello")
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        statuses = list(pool.map(lambda _: _stream_status(her), range(9)))
    assert sorted(statuses) == [200] * 8 + [429]


def _stream_status(client):
    with client.http.stream("GET", "/events", headers=client.headers) as answer:
        time.sleep(1)
        return answer.status_code


def test_a_flood_is_refused_with_the_number_and_others_are_not_slowed(run_chat, tmp_path):
    with run_chat(tmp_path) as address:
        her = Client(address)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: her.say("hello"), range(40)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 15
        for answer in refused:
            assert "999" in answer.json()["message"]
            assert int(answer.headers["retry-after"]) >= 1
        assert Client(address).texts("hello") == ["I read: hello"]


def test_a_restart_of_the_server_loses_no_conversation(run_chat, tmp_path):
    with run_chat(tmp_path) as address:
        her = Client(address)
        her.texts("hello", "before-restart")
    with run_chat(tmp_path) as address:
        again = Client(address, her.token)
        assert [event["text"] for event in again.history()] == ["hello", "I read: hello"]
        assert again.texts("hello", "before-restart") == ["I read: hello"]
        assert seen(tmp_path).count("hello") == 1
