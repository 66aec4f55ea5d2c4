"""Plays the conversations of the YAML files beside this one through the trained model.

A conversation is a list of turns: ``she`` writes, the bot says the texts ``says`` in this order:
names of bot.content (``emergency`` is the response ``utter_emergency``, ``IS-01`` the advice on a
finding). ``intent`` and ``slots`` check what the engine made of it. ``alert`` is the level of the
nurse's alert at the end. ``actions: dead`` runs it with no action server. ``set`` sets slots before
a turn, as a take-over or a check-in does from outside.
"""

import uuid
from pathlib import Path

import pytest
import yaml

from bot.content import load_content
from bot.settings import load_settings

pytestmark = pytest.mark.model

FOLDER = Path(__file__).parent
CONVERSATIONS = [
    pytest.param(entry, id=f"{path.stem}: {entry['name']}")
    for path in sorted(FOLDER.glob("*.yml"))
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
]


#: Said once in every conversation, at first contact; only looked at where a turn names them.
ONCE = {"welcome", "consent"}


class Speaker:
    """One patient in front of the engine."""

    def __init__(self, agent):
        self.agent, self.id = agent, uuid.uuid4().hex

    async def set(self, **slots):
        """Set slots from outside, as a take-over or a check-in does."""
        from rasa.shared.core.events import SlotSet

        tracker = await self.agent.tracker_store.get_or_create_tracker(self.id)
        for name, value in slots.items():
            tracker.update(SlotSet(name, value), self.agent.domain)
        await self.agent.tracker_store.save(tracker)

    async def say(self, text, metadata=None):
        from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

        output = CollectingOutputChannel()
        message = UserMessage(text, output, self.id, input_channel="web", metadata=metadata or {})
        await self.agent.handle_message(message)
        tracker = await self.agent.tracker_store.retrieve(self.id)
        events = list(tracker.events)
        hers = max(i for i, event in enumerate(events) if event.type_name == "user")
        said = [event for event in events[hers:] if event.type_name == "bot"]
        assert bool(said) == bool(output.messages)
        return said, tracker


def name_of(event):
    """Return how the YAML files call a message of the bot: its response, or the key of its text."""
    spoken = event.metadata or {}
    response = spoken.get("utter_action") or (spoken.get("metadata") or spoken).get("key") or "?"
    return response[len("utter_") :] if response.startswith("utter_") else response


@pytest.mark.parametrize("conversation", CONVERSATIONS)
async def test_conversation(conversation, agents, care):
    speaker = Speaker(agents[conversation.get("actions", "alive")])
    for turn in conversation["turns"]:
        if "set" in turn:
            await speaker.set(**turn["set"])
        said, tracker = await speaker.say(turn["she"], turn.get("metadata"))
        intent = tracker.latest_message.intent["name"]
        names = [name_of(event) for event in said]
        silent = intent == "with_nurse"
        expected = turn.get("says", [])
        names = [name for name in names if name not in ONCE or name in expected]
        if "intent" in turn:
            assert intent == turn["intent"], (turn["she"], names)
        if "says" in turn:
            assert names == turn["says"], (turn["she"], intent)
        assert names or silent, f"silence after {turn['she']!r}"
        for slot, value in turn.get("slots", {}).items():
            assert tracker.get_slot(slot) == value, turn["she"]
        for words in turn.get("contains", []):
            assert any(words in event.text for event in said), (words, names)
        assert all(
            "/" not in (b["payload"] or "")[:1] for e in said for b in e.data["buttons"] or ()
        )
    if "alert" in conversation:
        assert alert_level(care[1], speaker.id) == conversation["alert"]


def alert_level(settings, conversation_id):
    from sqlalchemy import select

    from bot.care.database import reading
    from bot.care.models import Alert, Episode, Patient

    with reading(settings) as session:
        alert = session.execute(
            select(Alert)
            .join(Alert.episode)
            .join(Episode.patient)
            .where(Patient.conversation_id == conversation_id)
        ).scalar_one_or_none()
        return alert.level.name if alert else None


RESPONSES = load_content("en", load_settings(environment={})).responses


def test_every_text_the_conversations_expect_exists():
    known = {name[len("utter_") :] for name in RESPONSES}
    expected = {
        name
        for path in FOLDER.glob("*.yml")
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
        for turn in entry["turns"]
        for name in turn.get("says", [])
        if name.islower()
    }
    assert expected <= known
