"""The guard around real Rasa channels, with an engine of a few lines behind it."""

import asyncio
import logging
from dataclasses import replace

import pytest

from bot.settings import load_settings

pytestmark = pytest.mark.services

PATIENT_TEXT = "my secret is that my throat itches"


@pytest.fixture
def gb():
    return replace(load_settings(environment={}), region="GB")


class Engine:
    """Answers like an engine would, and remembers what it was given."""

    def __init__(self, *answers, error=None, wait=0.0):
        self.answers, self.error, self.wait, self.seen, self.ended = answers, error, wait, [], False

    async def __call__(self, message):
        self.seen.append(message)
        if self.error:
            raise self.error
        for answer in self.answers:
            await message.output_channel.send_response(message.sender_id, {"text": answer})
        await asyncio.sleep(self.wait)
        self.ended = True


async def say(engine, text, settings, metadata=None, timeout=5.0, last_resort=None, deaths=0):
    """Send a text through the guarded REST channel; return the texts the patient gets."""
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.core.channels.rest import RestInput

    from bot.channels.guard import guarded

    output = CollectingOutputChannel()
    message = UserMessage(text, output, "her", input_channel="rest", metadata=metadata)
    message.parse_data = {"intent": {"name": "restart", "confidence": 1.0}}
    message.deaths = deaths
    await guarded(RestInput(), settings, timeout, last_resort).handle(message, engine)
    return [answer["text"] for answer in output.messages]


async def test_a_command_reaches_the_engine_as_words_that_were_not_parsed_yet(gb):
    engine = Engine("Hello")
    assert await say(engine, "/restart_now", gb, metadata={"typed_command": False}) == ["Hello"]
    [message] = engine.seen
    assert (message.text, message.parse_data) == ("restart now", None)
    assert message.metadata == {"typed_command": True}


async def test_a_photo_reaches_the_engine_as_the_marker(gb):
    from bot.channels.incoming import NO_WORDS

    engine = Engine("I can't look at photos.")
    await say(engine, None, gb)
    assert engine.seen[0].text == NO_WORDS
    assert engine.seen[0].metadata == {"no_words": True}


async def test_an_error_gives_the_safe_text_and_a_log_without_her_words(gb, caplog):
    with caplog.at_level(logging.DEBUG):
        [answer] = await say(Engine(error=ValueError(PATIENT_TEXT)), PATIENT_TEXT, gb)
    assert "call 999" in answer
    assert "ValueError" in caplog.text and "test_guard.py" in caplog.text
    assert "secret" not in caplog.text


async def test_an_engine_that_says_nothing_gives_the_safe_text(gb):
    [answer] = await say(Engine(), "hello", gb)
    assert "call 999" in answer


class Resort:
    """Finds an emergency in each message about a throat, and fails on one about poison."""

    def __init__(self):
        self.recorded = []

    async def __call__(self, message, answered=False, record_calm=True):
        if "poison" in message.text:
            raise ValueError(message.text)
        if record_calm:
            self.recorded.append(message.text)
        if answered or "throat" not in message.text:
            return False
        await message.output_channel.send_response(message.sender_id, {"text": "EMERGENCY"})
        return True


@pytest.mark.parametrize("engine", [Engine(error=ValueError("x")), Engine(), Engine(wait=0.3)])
async def test_an_emergency_gets_its_text_although_the_engine_failed(gb, engine):
    said = {"timeout": 0.05, "last_resort": Resort()}
    assert await say(engine, "my throat is closing", gb, **said) == ["EMERGENCY"]
    for text in ("hello", "poison"):
        [answer] = await say(engine, text, gb, **said)
        assert "call 999" in answer


async def test_who_has_an_answer_gets_no_second_one_but_is_recorded(gb):
    engine, resort = Engine("EMERGENCY: call now.", wait=0.3), Resort()
    answers = await say(engine, "my throat is closing", gb, timeout=0.05, last_resort=resort)
    assert answers.count("EMERGENCY") == 0 and len(answers) == 2
    assert resort.recorded == ["my throat is closing"]


async def test_what_killed_the_engine_once_is_kept_from_it_when_it_is_urgent(gb):
    engine, resort = Engine("fine"), Resort()
    assert await say(engine, "my throat", gb, last_resort=resort, deaths=1) == ["EMERGENCY"]
    assert engine.seen == []
    for text in ("hello", "poison"):
        assert await say(engine, text, gb, last_resort=resort, deaths=1) == ["fine"]
    assert resort.recorded == []


async def test_what_killed_the_engine_twice_is_kept_from_it(gb):
    engine, resort = Engine("fine"), Resort()
    assert await say(engine, "my throat", gb, last_resort=resort, deaths=2) == ["EMERGENCY"]
    [answer] = await say(engine, "hello", gb, last_resort=resort, deaths=2)
    assert "call 999" in answer and engine.seen == []
    assert resort.recorded == ["my throat", "hello"]


async def test_an_empty_answer_is_no_answer(gb):
    answers = await say(Engine(""), "hello", gb)
    assert "call 999" in answers[-1]


async def test_a_slow_engine_gives_the_safe_text_and_finishes_its_work(gb):
    engine = Engine("EMERGENCY: call now.", wait=0.3)
    answers = await say(engine, "my throat is closing", gb, timeout=0.05)
    assert answers[0] == "EMERGENCY: call now."
    assert "call 999" in answers[1]
    assert not engine.ended
    await asyncio.sleep(0.5)
    assert engine.ended


async def test_her_connection_breaking_does_not_stop_the_work(gb):
    engine = Engine(wait=0.2)
    task = asyncio.ensure_future(say(engine, "my throat is closing", gb))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.4)
    assert engine.ended


async def test_a_channel_that_cannot_send_does_not_break_the_request(gb, caplog):
    from rasa.core.channels.channel import OutputChannel, UserMessage
    from rasa.core.channels.rest import RestInput

    from bot.channels.guard import guarded

    class Unplugged(OutputChannel):
        async def send_text_message(self, recipient_id, text, **_):
            raise ConnectionError(text)

    message = UserMessage("hello", Unplugged(), "her")
    await guarded(RestInput(), gb).handle(message, Engine(PATIENT_TEXT))
    assert "ConnectionError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_very_long_message_is_answered_and_she_is_told(gb):
    engine = Engine("EMERGENCY: call now.")
    answers = await say(engine, "a" * 9000, gb)
    assert answers[0] == "EMERGENCY: call now."
    assert "only its beginning and its end" in answers[1] and "call 999" in answers[1]
    assert len(engine.seen[0].text) <= 4000


async def test_the_safe_text_needs_no_settings_and_no_content(monkeypatch):
    import bot.content
    from bot.channels.safe_text import EMERGENCY_NUMBERS, safe_text

    for number in {number for numbers in EMERGENCY_NUMBERS.values() for number in numbers}:
        assert number in safe_text(None)

    def broken(*_):
        raise ValueError("a text is missing")

    monkeypatch.setattr(bot.content, "load_content", broken)
    assert "call 000 now" in safe_text(replace(load_settings(environment={}), region="AU"))


def test_wrapping_keeps_name_and_place_and_happens_once(gb):
    from rasa.core.channels.rest import RestInput

    from bot.channels.guard import guarded

    channel = guarded(RestInput(), gb)
    assert (channel.name(), channel.url_prefix()) == ("rest", "rest")
    assert guarded(channel) is channel
