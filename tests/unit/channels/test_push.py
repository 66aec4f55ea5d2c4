"""What care sends to patients outside of a reply, over HTTP, against the real web channel."""

import base64
import concurrent.futures
import json
import secrets

import httpx
import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def secret(chat, chat_folder):
    return (chat_folder / "action-secret").read_text()


@pytest.fixture
def her(chat):
    """Somebody who has written once: her client and her conversation's id."""
    client = httpx.Client(base_url=f"{chat}/chat", timeout=30)
    session = client.post("/session").json()
    client.headers["Authorization"] = f"Bearer {session['token']}"
    client.post("/messages", json={"id": secrets.token_hex(8), "text": "hello"})
    part = session["token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(part + "=="))[0] == session["conversation"]
    return client, session["conversation"]


def message(conversation, **other):
    return {
        "channel": "web",
        "conversation_id": conversation,
        "text": "How are you now?",
        "author": "nurse",
        "author_name": "Anna",
        "key": secrets.token_hex(8),
        "buttons": [{"title": "Better"}],
        **other,
    }


def push(chat, secret, body):
    return httpx.post(
        f"{chat}/internal/push", json=body, headers={"X-Action-Secret": secret}, timeout=30
    )


def lines(client):
    return client.get("/history").json()["events"]


def test_a_nurses_words_reach_the_chat_with_her_name(chat, secret, her):
    client, conversation = her
    answer = push(chat, secret, message(conversation))
    assert (answer.status_code, answer.json()) == (200, {"state": "sent"})
    last = lines(client)[-1]
    assert (last["author"], last["name"], last["text"]) == ("nurse", "Anna", "How are you now?")
    assert last["buttons"] == [{"title": "Better", "payload": "Better"}]


def test_a_key_already_seen_is_sent_and_shown_once(chat, secret, her):
    client, conversation = her
    body = message(conversation)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: push(chat, secret, body).status_code, range(5)))
    assert set(answers) <= {200, 503}
    assert push(chat, secret, body).status_code == 200
    assert [line["author"] for line in lines(client)].count("nurse") == 1


@pytest.mark.parametrize("given", ["", "wrong", "é"])
def test_without_the_secret_nothing_is_pushed(chat, her, given):
    client, conversation = her
    for path in ("push", "take-over"):
        answer = httpx.post(
            f"{chat}/internal/{path}",
            json=message(conversation),
            headers={"X-Action-Secret": given.encode()},
        )
        assert answer.status_code == 403
    assert [line["author"] for line in lines(client)] == ["patient", "bot"]


def test_an_unknown_conversation_or_channel_will_never_work(chat, secret, her):
    answer = push(chat, secret, message("nobody"))
    assert answer.status_code == 422
    assert "not here any more" in answer.json()["reason"]
    answer = push(chat, secret, message("nobody", channel="pigeon"))
    assert answer.status_code == 404
    assert "pigeon" in answer.json()["reason"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x" * 4001},
        {"text": None},
        {"author": "patient"},
        {"key": ""},
        {"buttons": "Yes"},
        {"buttons": [{"title": 1}]},
        {"buttons": [{"title": "x"}] * 14},
        {"author_name": "x" * 101},
    ],
)
def test_a_wrong_field_is_named(chat, secret, her, wrong):
    answer = push(chat, secret, message(her[1], **wrong))
    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.json()["reason"]


@pytest.mark.parametrize("level", ["", "FINE", None])
def test_a_lowered_level_needs_a_name_of_the_policy(chat, secret, her, level):
    body = {"channel": "web", "conversation_id": her[1], "level": level}
    answer = httpx.post(
        f"{chat}/internal/level", json=body, headers={"X-Action-Secret": secret}, timeout=30
    )
    assert answer.status_code == 400 and "level" in answer.json()["reason"]
