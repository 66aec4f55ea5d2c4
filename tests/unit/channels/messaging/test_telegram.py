"""Telegram: what is special about its updates."""

import asyncio
import time

import pytest

pytestmark = pytest.mark.services


async def test_a_changed_message_is_read_again_only_when_its_words_changed(telegram):
    await telegram.patient.writes("my arm is sore", message_id=7)
    await telegram.patient.writes("my arm is sore", message_id=7, edited=True)
    await telegram.patient.writes("my throat is sore", message_id=7, edited=True)
    await telegram.patient.writes("my throat is sore", message_id=7, edited=True)
    await telegram.provider.texts(2)
    await telegram.settled()
    assert telegram.engine.texts == ["my arm is sore", "my throat is sore"]
    assert telegram.engine.seen[1].metadata == {"edited": True}


async def test_a_place_shared_live_is_answered_once(telegram):
    place = {"location": {"latitude": 1.0, "longitude": 2.0, "live_period": 60}}
    await telegram.patient.writes(None, message_id=7, **place)
    await telegram.patient.writes(None, message_id=7, edited=True, **place)
    await telegram.provider.texts(1)
    await telegram.settled()
    assert len(telegram.engine.seen) == 1


@pytest.mark.parametrize("kind", ["voice", "photo", "sticker", "video_note", "poll", "contact"])
async def test_what_has_no_words_is_a_message_without_words(telegram, kind):
    from bot.channels.incoming import NO_WORDS

    await telegram.patient.writes(None, **{kind: {"file_id": "x"}})
    await telegram.provider.texts(1)
    assert telegram.engine.texts == [NO_WORDS]


async def test_a_caption_is_read_and_she_is_told_that_the_photo_is_not(telegram):
    await telegram.patient.writes(None, photo=[{"file_id": "x"}], caption="my arm")
    answer, unseen = await telegram.provider.texts(2)
    assert answer == "I read: my arm" and "photos" in unseen


async def test_a_group_is_told_once_and_one_that_adds_the_bot_is_left(telegram):
    group = {"id": -100123, "type": "supergroup", "title": "Mothers"}
    answer = (await telegram.patient.writes("my throat", chat=group)).json()
    assert (answer["method"], answer["chat_id"]) == ("sendMessage", "-100123")
    assert "private chat" in answer["text"] and "999" in answer["text"]
    assert (await telegram.patient.writes("hello?", chat=group)).text == "ok"
    added = {"chat": group, "new_chat_member": {"status": "member", "user": {"id": 1}}}
    update = telegram.patient.signed({"update_id": 70, "my_chat_member": added})
    assert (await telegram.patient.post(*update)).json() == {
        "method": "leaveChat",
        "chat_id": "-100123",
    }
    assert telegram.engine.seen == []


async def test_a_patient_who_blocked_the_bot_is_shown_to_the_nurses(telegram):
    from bot.channels.outgoing import undelivered

    telegram.provider.next = [(403, {"ok": False, "description": "bot was blocked"})]
    await telegram.patient.writes("hello")
    for _ in range(100):
        if undelivered(telegram.settings):
            break
        await asyncio.sleep(0.05)
    assert "blocked" in undelivered(telegram.settings)[0].reason


async def test_the_pause_telegram_asks_for_is_kept(telegram, monkeypatch):
    from bot.channels import outgoing

    monkeypatch.setattr(outgoing, "RETRIES", (0.0,) * 3)
    wait = {"ok": False, "error_code": 429, "parameters": {"retry_after": 1}}
    telegram.provider.next = [(429, wait)]
    began = time.monotonic()
    await telegram.patient.writes("hello")
    await telegram.patient.writes("and again")
    texts = await telegram.provider.texts(2)
    assert texts == ["I read: hello", "I read: and again"]
    assert telegram.provider.sent[0]["at"] - began >= 1


def test_a_button_sends_back_at_most_64_bytes():
    from bot.channels.messaging.telegram import _callback_data

    assert _callback_data({"title": "Yes", "payload": "it is"}) == "it is"
    assert _callback_data({"title": "Yes", "payload": "long " * 20}) == "Yes"
    cut = _callback_data({"title": "é" * 40})
    assert cut == "é" * 32 and len(cut.encode()) == 64
