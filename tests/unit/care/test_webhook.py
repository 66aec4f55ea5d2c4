import json
import logging
import sys
import textwrap
import zlib

import pytest
from fastapi.testclient import TestClient

from bot.care.app import action_secret, create_app

from .samples import TEXT

ACTIONS = """
    from rasa_sdk import Action
    from rasa_sdk.events import SlotSet

    class Greet(Action):
        def name(self):
            return "action_greet_test"

        async def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text="hello " + tracker.sender_id)
            return [SlotSet("met", True)]

    class Break(Action):
        def name(self):
            return "action_break_test"

        def run(self, dispatcher, tracker, domain):
            raise ValueError(tracker.latest_message["text"])
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "actions_for_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "all.py").write_text(textwrap.dedent(ACTIONS))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "actions_for_test"
    for name in [name for name in sys.modules if name.startswith("actions_for_test")]:
        del sys.modules[name]


@pytest.fixture
def client(settings, package):
    app = create_app(settings, actions=package)
    with TestClient(app, base_url="http://127.0.0.1:5055", client=("127.0.0.1", 1)) as made:
        yield made


def call(action):
    return {
        "next_action": action,
        "tracker": {
            "sender_id": "conv",
            "slots": {},
            "latest_message": {"text": TEXT},
            "events": [],
            "paused": False,
            "latest_action_name": None,
            "active_loop": {},
            "followup_action": None,
            "latest_input_channel": "web",
        },
        "domain": {},
    }


def test_an_action_answers_in_the_format_of_the_sdk(client):
    answer = client.post("/actions/webhook", json=call("action_greet_test"))
    assert answer.status_code == 200
    body = answer.json()
    assert body["responses"][0]["text"] == "hello conv"
    assert body["events"] == [{"event": "slot", "timestamp": None, "name": "met", "value": True}]


def test_a_compressed_call_is_understood(client):
    body = zlib.compress(json.dumps(call("action_greet_test")).encode())
    headers = {"Content-Encoding": "deflate", "Content-Type": "application/json"}
    assert client.post("/actions/webhook", content=body, headers=headers).status_code == 200


def test_a_failing_action_answers_and_logs_without_a_word_of_hers(client, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/actions/webhook", json=call("action_break_test"))
    assert answer.status_code == 500
    assert answer.json() == {"error": "The action failed.", "action_name": "action_break_test"}
    assert "action_break_test failed: ValueError" in caplog.text
    assert "wheezing" not in caplog.text


def test_an_unknown_action_is_not_found(client):
    assert client.post("/actions/webhook", json=call("action_nobody")).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"next_action": "x"}', b"\xff\xfe"])
def test_a_call_that_is_none_gets_a_clear_error(client, body):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/actions/webhook", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The call")


def test_callers_from_elsewhere_need_the_secret(settings, package):
    app = create_app(settings, actions=package)
    with TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.7", 1)) as elsewhere:
        body = call("action_greet_test")
        assert elsewhere.post("/actions/webhook", json=body).status_code == 403
        wrong = {"X-Action-Secret": "guess"}
        assert elsewhere.post("/actions/webhook", json=body, headers=wrong).status_code == 403
        right = {"X-Action-Secret": action_secret(settings)}
        assert elsewhere.post("/actions/webhook", json=body, headers=right).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"X-Forwarded-For": "192.0.2.7"},
        {"Content-Type": "text/plain"},
        {"Host": "evil.example"},
    ],
)
def test_what_a_browser_or_a_proxy_sends_is_not_local(client, headers):
    body = json.dumps(call("action_greet_test"))
    sent = {"Content-Type": "application/json", **headers}
    assert client.post("/actions/webhook", content=body, headers=sent).status_code == 403


def test_the_secret_is_private_and_stays_the_same(settings):
    first = action_secret(settings)
    assert first == action_secret(settings) and len(first) >= 32
    assert (settings.folder / "action-secret").stat().st_mode & 0o777 == 0o600
