"""Messenger: Facebook's rules."""

import time

import providers
import pytest

pytestmark = pytest.mark.services


async def test_the_question_of_the_set_up_is_answered_with_the_right_token_only(messenger):
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": providers.MESSENGER["MESSENGER_VERIFY_TOKEN"],
        "hub.challenge": "1158201444",
    }
    get = messenger.client.get
    answer = await get("/webhooks/messenger/webhook", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    for change in (
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>alert(1)</script>"},
    ):
        answer = await get("/webhooks/messenger/webhook", params={**asked, **change})
        assert answer.status_code in (400, 403) and "script" not in answer.text


async def test_all_messages_of_a_batch_are_answered_and_echoes_are_not(messenger):
    event = messenger.patient.event
    batch = [
        event(message={"mid": "m_a", "text": "first"}),
        event(message={"mid": "m_b", "text": "our own words", "is_echo": True}),
        event(read={"watermark": 1}),
        event(postback={"mid": "m_c", "title": "Get started", "payload": "hello"}),
        event(message={"mid": "m_d", "attachments": [{"type": "image"}]}),
    ]
    await messenger.patient.post(*messenger.patient.signed(*batch))
    await messenger.provider.texts(3)
    assert messenger.engine.texts[:2] == ["first", "hello"] and len(messenger.engine.seen) == 3
    assert {message["kind"] for message in messenger.provider.sent} == {"RESPONSE"}


async def test_after_24_hours_only_a_nurse_may_write_and_after_a_week_nobody(messenger):
    from bot.channels.push import CannotDeliver

    await messenger.patient.writes("hello")
    await messenger.provider.texts(1)
    push, conversation = messenger.channel.push, messenger.engine.seen[0].sender_id
    messenger.channel.clock = lambda: time.time() + 25 * 3600
    with pytest.raises(CannotDeliver, match="24 hours"):
        await push(conversation, "How are you?", "bot", None, "k1", [])
    await push(conversation, "I call you now.", "nurse", "Anna", "k2", [])
    await messenger.provider.texts(2)
    assert messenger.provider.sent[1]["kind"] == "MESSAGE_TAG"
    messenger.channel.clock = lambda: time.time() + 8 * 24 * 3600
    with pytest.raises(CannotDeliver, match="24 hours"):
        await push(conversation, "Hello?", "nurse", "Anna", "k3", [])


async def test_an_expired_token_is_no_reason_to_give_a_message_up(messenger, monkeypatch):
    from bot.channels import outgoing

    monkeypatch.setattr(outgoing, "RETRIES", (0.05,) * 4)
    messenger.provider.next = [(400, {"error": {"code": 190}}), (400, {"error": {"code": 613}})]
    await messenger.patient.writes("hello")
    assert await messenger.provider.texts(1) == ["I read: hello"]


def test_long_titles_become_a_numbered_list():
    from bot.channels.messaging.messenger import MessengerChannel

    channel = MessengerChannel.__new__(MessengerChannel)
    buttons = [{"title": "Yes, and it is getting worse", "payload": "yes worse"}, {"title": "No"}]
    [part] = channel.parts({"text": "Is it hot?", "buttons": buttons}, "messenger")
    assert part["text"].endswith("1 Yes, and it is getting worse\n2 No")
    assert part["buttons"] == [
        {"title": "1", "payload": "yes worse"},
        {"title": "2", "payload": "No"},
    ]
