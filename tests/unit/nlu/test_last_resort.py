"""Without model, actions or memory an emergency still gets its text, and care can find it."""

import asyncio
from dataclasses import replace

import pytest

pytestmark = pytest.mark.model

HER = "her"
EMERGENCY = "i cant breathe and my lips are swelling since the shot"


@pytest.fixture
def settings(tmp_path):
    from bot.settings import load_settings

    return replace(
        load_settings(environment={}),
        region="GB",
        care_database=f"sqlite:///{tmp_path}/care.db",
        conversation_database=tmp_path / "conversations.db",
    )


@pytest.fixture
def store(tmp_path):
    from bot.nlu.conversation_store import ConversationStore

    # Without a domain, as an agent without a model has it.
    address = str(tmp_path / "conversations.db")
    return ConversationStore(None, address, unsaved=str(tmp_path / "unsaved"))


@pytest.fixture
def last_resort(settings, store):
    from rasa.core.agent import Agent

    from bot.nlu.last_resort import LastResort

    made = LastResort(settings)
    made.use(Agent(tracker_store=store))
    return made


async def say(last_resort, text):
    """Return whether it was answered, and the texts she gets."""
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    output = CollectingOutputChannel()
    message = UserMessage(text, output, HER, input_channel="web", message_id=f"id of {text}")
    answered = await last_resort(message)
    await asyncio.gather(*last_resort._recording)
    return answered, [answer["text"] for answer in output.messages]


async def test_an_emergency_gets_its_text_and_the_sweeper_raises_the_alert(settings, last_resort):
    from bot.care import database
    from bot.care.alerts import list_alerts
    from bot.care.sweeper import Sweeper

    answered, texts = await say(last_resort, EMERGENCY)
    assert answered and texts[0].startswith("EMERGENCY") and "999" in texts[0]
    assert "could not reach a nurse" in texts[-1]
    database.migrate(settings)
    assert Sweeper(settings).sweep() == 1
    with database.reading(settings) as session:
        [alert] = list_alerts(session)
        found = alert.episode.patient.conversation_id, alert.assessment.message.text
        assert found == (HER, EMERGENCY)
        assert alert.assessment.findings and alert.recovered
    database.dispose(settings)


async def test_it_knows_the_emergency_she_is_in(last_resort):
    await say(last_resort, EMERGENCY)
    _, texts = await say(last_resort, "ok")
    assert "999" in texts[0] and not texts[0].startswith("Something went wrong")


async def test_a_crisis_gets_the_words_for_a_crisis(last_resort):
    _, texts = await say(last_resort, "i want to end my life tonight")
    assert not texts[0].startswith("EMERGENCY: a reaction") and "999" in " ".join(texts)
    assert texts != (await say(last_resort, EMERGENCY))[1]


async def test_a_same_day_report_gets_its_text(last_resort):
    answered, texts = await say(last_resort, "my calf is swollen, red and painful since yesterday")
    assert answered and "could not reach a nurse" in texts[-1]


async def test_what_is_calm_is_left_to_the_safe_text_but_not_forgotten(last_resort, store):
    assert await say(last_resort, "does it hurt?") == (False, [])
    tracker = await store.retrieve(HER)
    assert tracker.latest_message.text == "does it hurt?"


async def test_a_text_that_cannot_be_screened_reaches_a_nurse(last_resort, store, monkeypatch):
    def broken(*_):
        raise ValueError("a secret of hers")

    monkeypatch.setattr("bot.nlu.last_resort.read_turn", broken)
    assert await say(last_resort, "hm") == (False, [])
    tracker = await store.retrieve(HER)
    assert tracker.latest_message.intent["name"] == "screen_failed"


async def test_a_store_that_hangs_does_not_keep_her_waiting(last_resort, store, monkeypatch):
    async def hangs(*_):
        await asyncio.sleep(60)

    monkeypatch.setattr("bot.nlu.last_resort.STORE_SECONDS", 0.05)
    monkeypatch.setattr(store, "retrieve", hangs)
    _, texts = await say(last_resort, EMERGENCY)
    assert texts[0].startswith("EMERGENCY")
