"""What holds for every connector: answered once, in order, whatever breaks."""

import asyncio
import logging
import time

import pytest
from sqlalchemy.exc import OperationalError

pytestmark = pytest.mark.services

SECRET = "my secret is that my throat itches"


@pytest.fixture
def quick_retries(monkeypatch):
    from bot.channels import outgoing
    from bot.channels.messaging import courier

    monkeypatch.setattr(outgoing, "RETRIES", (0.05,) * 4)
    monkeypatch.setattr(courier, "_LOOK", 0.05)


async def test_a_message_is_answered_through_the_provider(system):
    answer = await system.patient.writes("hello there")
    assert answer.status_code == 200
    assert await system.provider.texts(1) == ["I read: hello there"]
    assert system.provider.sent[0]["to"] == system.her
    message = system.engine.seen[0]
    assert message.sender_id.startswith(f"{message.input_channel}-")
    assert system.her.lstrip("+") not in message.sender_id


async def test_a_repeated_delivery_is_answered_once(system):
    request = system.patient.request("hello there")
    answers = await asyncio.gather(*(system.patient.post(*request) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    await system.provider.texts(1)
    await system.patient.post(*request)
    await system.settled()
    assert system.engine.texts == ["hello there"]
    assert len(system.provider.sent) == 1


async def test_a_delivery_repeated_after_a_restart_is_answered_once(system):
    request = system.patient.request("hello there")
    await system.patient.post(*request)
    await system.provider.texts(1)
    async with system.server() as client:
        system.patient.client = client
        assert (await system.patient.post(*request)).status_code == 200
        await system.patient.writes("second")
        assert await system.provider.texts(2) == ["I read: hello there", "I read: second"]


async def test_her_messages_are_answered_in_the_order_they_came(system):
    system.engine.gate = asyncio.Event()
    wanted = ["slow one", *(f"number {number}" for number in range(8))]
    for text in wanted:
        await system.patient.writes(text)
    assert system.engine.texts == ["slow one"]
    system.engine.gate.set()
    texts = await system.provider.texts(len(wanted))
    assert texts == [f"I read: {text}" for text in wanted]


async def test_an_engine_that_fails_or_is_silent_gives_the_safe_text(system, caplog):
    with caplog.at_level(logging.DEBUG, "bot"):
        await system.patient.writes(f"crash {SECRET}")
        [text] = await system.provider.texts(1)
        await system.patient.writes("silent")
        [_, again] = await system.provider.texts(2)
    assert "call 999" in text and "call 999" in again
    assert "secret" not in caplog.text and system.her not in caplog.text


async def test_a_slow_engine_gives_the_safe_text_and_the_answer_after_it(make_system):
    system = make_system("telegram")
    system.timeout = 0.2
    async with system.running():
        system.engine.gate = asyncio.Event()
        assert (await system.patient.writes("slow throat")).status_code == 200
        [safe] = await system.provider.texts(1)
        system.engine.gate.set()
        [_, answer] = await system.provider.texts(2)
    assert "call 999" in safe and answer == "EMERGENCY: call 999 now."


async def test_a_provider_that_is_down_gets_everything_in_order_when_it_is_back(
    system, quick_retries
):
    from bot.channels.outgoing import undelivered

    system.provider.held = asyncio.Event()
    system.provider.next = [(503, {"error": "down"}), (500, {}), (429, {}, {"Retry-After": "0"})]
    await system.patient.writes("first")
    await system.patient.writes("second")
    system.provider.held.set()
    texts = await system.provider.texts(2)
    assert texts == ["I read: first", "I read: second"]
    await system.settled()
    assert undelivered(system.settings) == []


async def test_what_the_provider_refuses_for_good_is_shown_to_the_nurses(system):
    from bot.channels.outgoing import undelivered

    never = {"slack": (200, {"ok": False, "error": "channel_not_found"})}
    system.provider.next = [never.get(system.name, (400, {"code": 21211, "error": {"code": 551}}))]
    await system.patient.writes("hello")
    await system.patient.writes("still there?")
    assert await system.provider.texts(1) == ["I read: still there?"]
    [lost] = undelivered(system.settings)
    assert (lost.state, lost.attempts) == ("failed", 1)
    assert lost.conversation_id == system.engine.seen[0].sender_id
    assert lost.channel == system.engine.seen[0].input_channel
    assert lost.reason and "hello" not in lost.reason


async def test_a_wrong_credential_is_shown_and_everything_goes_out_once_it_is_right(
    make_system, monkeypatch
):
    from bot.channels import outgoing

    monkeypatch.setattr(outgoing, "RETRIES", (0.05,) * 4)
    async with make_system("twilio").running() as system:
        system.provider.next = [(401, {"code": 20003})] * 2
        await system.patient.writes("hello")
        for _ in range(100):
            found = outgoing.undelivered(system.settings)
            if found:
                break
            await asyncio.sleep(0.02)
        assert (found[0].state, "credentials" in found[0].reason) == ("due", True)
        assert await system.provider.texts(1) == ["I read: hello"]


async def test_neither_words_nor_addresses_are_in_the_clear(system, caplog, tmp_path):
    with caplog.at_level(logging.DEBUG, "bot"):
        system.provider.next = [(500, {"error": SECRET})]
        await system.patient.writes(SECRET)
        await system.settled()
        await system.patient.writes("hello again")
        await system.provider.texts(2)
    assert caplog.text
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("channels.db*"))
    for words in ("secret is that", "EMERGENCY", system.her, system.her.lstrip("+")):
        assert words not in caplog.text
        assert words.encode() not in stored


async def test_after_a_year_without_a_word_her_address_is_forgotten(make_system):
    async with make_system("twilio").running() as system:
        await system.patient.writes("hello")
        await system.provider.texts(1)
        await system.settled()
        her = system.engine.seen[0].sender_id
        await system.channel._clean()
        assert system.channel.outgoing.stopped(her) is False
        system.channel.clock = lambda: time.time() + 366 * 24 * 3600
        await system.channel._clean()
        assert system.channel.outgoing.stopped(her) is None


async def test_what_was_taken_in_before_a_crash_is_answered_after_it(make_system):
    from bot.channels.messaging.received import Received

    system = make_system("webhook")
    system.provider.address = "http://127.0.0.1:1"
    system.make().inbox.take(Received("m-1", "webhook", system.her, "are you there?"))
    async with system.running():
        assert await system.provider.texts(1) == ["I read: are you there?"]


async def test_a_message_that_kills_the_process_again_and_again_gets_the_safe_text(make_system):
    from bot.channels.messaging.received import Received

    system = make_system("webhook")
    system.provider.address = "http://127.0.0.1:1"
    inbox = system.make().inbox
    taken = inbox.take(Received("m-1", "webhook", system.her, "are you there?"))
    for _ in range(3):
        assert inbox.next(taken.conversation).received.id == "m-1"
    async with system.running():
        [text] = await system.provider.texts(1)
    assert "call 999" in text and system.engine.seen == []


async def test_a_database_that_is_gone_keeps_nobody_from_her_answer(system, monkeypatch, caplog):
    def gone(*_, **__):
        raise OperationalError("INSERT", {"text": SECRET}, Exception(SECRET))

    monkeypatch.setattr(system.channel.inbox, "take", gone)
    monkeypatch.setattr(system.channel.outgoing, "add", gone)
    answer = await system.patient.writes("my throat is closing")
    assert answer.status_code == 200
    assert await system.provider.texts(1) == ["EMERGENCY: call 999 now."]
    assert "secret" not in caplog.text


async def test_a_message_without_words_and_a_command_reach_the_engine_as_such(system):
    from bot.channels.incoming import NO_WORDS

    await system.patient.writes(None)
    await system.patient.writes("/restart_now")
    await system.provider.texts(2)
    assert system.engine.texts == [NO_WORDS, "restart now"]
    assert system.engine.seen[1].metadata == {"typed_command": True}


async def test_a_long_answer_comes_in_parts_that_lose_nothing(system):
    await system.patient.writes("long")
    await system.settled()
    texts = [message["text"] for message in system.provider.sent]
    assert len(texts) > 1
    assert " ".join(texts) == ("A sentence of an answer. " * 300).strip()


async def test_stop_is_confirmed_and_ends_what_she_did_not_ask_for(system):
    from bot.channels.push import CannotDeliver

    await system.patient.writes("Stop.")
    [text] = await system.provider.texts(1)
    assert "stopped" in text and "Call 999" in text
    conversation = system.engine.seen[0].sender_id
    with pytest.raises(CannotDeliver, match="STOP"):
        await system.channel.push(conversation, "How are you?", "bot", None, "check-in-1", [])
    await system.patient.writes("my throat is closing")
    assert (await system.provider.texts(2))[1].startswith("EMERGENCY")
    await system.patient.writes("start")
    await system.provider.texts(4)
    await system.channel.push(conversation, "How are you?", "bot", None, "check-in-2", [])
    assert (await system.provider.texts(5))[4] == "How are you?"


async def test_the_words_of_a_nurse_arrive_once_and_under_her_name(system, quick_retries):
    from bot.channels.messaging.provider import TryLater
    from bot.channels.push import CannotDeliver

    await system.patient.writes("hello")
    await system.provider.texts(1)
    await system.settled()
    conversation = system.engine.seen[0].sender_id
    system.provider.next = [(503, {})]
    said = (conversation, "I am calling you now.", "nurse", "Anna", "note-1", [])
    with pytest.raises(TryLater):
        await system.channel.push(*said)
    for _ in range(2):
        await system.channel.push(*said)
    assert (await system.provider.texts(2))[1:] == ["Anna: I am calling you now."]
    with pytest.raises(CannotDeliver, match="not known"):
        await system.channel.push("sms-unknown", "Hello", "nurse", "Anna", "note-2", [])


async def test_buttons_are_offered_and_their_words_come_back(system):
    await system.patient.writes("choose")
    await system.provider.texts(1)
    sent = system.provider.sent[0]
    if system.name == "twilio":
        assert sent["text"] == "Is it hot?\n\nReply with a number:\n1 Yes\n2 No"
        await system.patient.writes("2")
    elif system.name == "telegram":
        assert sent["buttons"] == ["Yes", "No"]
        query = {
            "id": "77",
            "from": {"id": int(system.her), "is_bot": False},
            "message": {"message_id": 1, "chat": {"id": int(system.her), "type": "private"}},
            "data": sent["rows"][1][0]["callback_data"],
        }
        update = {"update_id": 990, "callback_query": query}
        answer = await system.patient.post(*system.patient.signed(update))
        assert answer.json()["method"] == "answerCallbackQuery"
    elif system.name == "messenger":
        reply = sent["replies"][1]
        assert reply["title"] == "No"
        await system.patient.writes("No", quick_reply={"payload": reply["payload"]})
    elif system.name == "slack":
        button = sent["buttons"][1]
        await system.patient.post(*system.patient.pressed(button["value"]))
    else:
        await system.patient.writes(sent["buttons"][1]["payload"])
    assert (await system.provider.texts(2))[1] == "I read: no it is not"


async def test_without_credentials_a_channel_has_no_address(make_system):
    from bot.channels.messaging.slack import SlackChannel

    system = make_system("slack")
    system.make = lambda: SlackChannel(system.settings, None)
    async with system.server() as client:
        answer = await client.post("/webhooks/slack/webhook", json={"type": "url_verification"})
    assert answer.status_code == 404
