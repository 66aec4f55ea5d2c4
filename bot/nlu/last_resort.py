"""What she is answered when the engine could not: the screen and the texts, no model, no action.

The message goes into the conversation store as the engine would have put it there, so that care
finds an emergency without an alert and raises it (``bot.care.sweeper``).
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple

from rasa.core.channels.channel import UserMessage
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)

from bot.nlu.conversation_store import ConversationStore
from bot.nlu.memory import Guess, Memory, Turn
from bot.nlu.texts import responses
from bot.nlu.turn import read_turn, unscreened
from bot.observability import metrics
from bot.observability import turn as figures
from bot.settings import Settings
from bot.triage.plain import assessment_as_plain
from bot.triage.vocabulary import Assertion

logger = logging.getLogger(__name__)

#: What is said for an intent of the screen, in order (docs/architecture.md). For every other one
#: the channel's safe text is all that can be said without the engine.
TEXTS: Mapping[str, Tuple[str, ...]] = {
    "report_red_flag": (
        "utter_emergency",
        "utter_emergency_crisis",
        "utter_emergency_next",
        "utter_cannot_reach_staff",
    ),
    "in_emergency": ("utter_emergency_open", "utter_cannot_reach_staff"),
    "report_urgent": ("utter_urgent_same_day", "utter_cannot_reach_staff"),
}
_CRISIS = "utter_emergency_crisis"
#: Seconds the conversation store may take before she is answered without it.
STORE_SECONDS = 3.0


class LastResort:
    """Answers emergencies and same-day reports without the engine."""

    def __init__(self, settings: Settings) -> None:
        """Read the texts now. Raises ContentError when they cannot be used."""
        self._texts = TemplatedNaturalLanguageGenerator(responses(settings))
        # Loads the tables, so that the first patient in need does not wait for them.
        read_turn("warm up", Guess(), Memory(), datetime.now(timezone.utc))
        self._store: Optional[ConversationStore] = None
        self._recording: set[asyncio.Task[None]] = set()

    def use(self, agent: Any) -> None:
        """Take over the conversation store of a loaded agent, with or without a model."""
        self._store = inner_store(agent.tracker_store)

    async def __call__(
        self, message: UserMessage, answered: bool = False, record_calm: bool = True
    ) -> bool:
        """Answer ``message`` and return True, or return False when nothing urgent was found.

        Either way it is recorded, unless it is calm and ``record_calm`` is False; the answer does
        not wait for that. Nothing is said twice: with ``answered`` she may have the text of an
        emergency already, and the message is recorded only.
        """
        known = await self._known(message.sender_id)
        turn = _read(message, Memory.from_slots(known))
        slots = {**known, **turn.slots}
        said = [] if answered else self._answers(turn, slots, message.output_channel.name())
        for answer in said:
            await message.output_channel.send_response(message.sender_id, dict(answer))
        if said or record_calm:
            work = asyncio.ensure_future(self._record(message, turn, said))
            self._recording.add(work)
            work.add_done_callback(self._recording.discard)
        return bool(said)

    def _answers(self, turn: Turn, slots: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        names = TEXTS.get(turn.intent, ())
        if slots.get("emergency_crisis") != "yes":
            names = tuple(name for name in names if name != _CRISIS)
        found = []
        for name in names:
            answer = self._texts.generate_from_slots(name, slots, channel)
            if answer and answer.get("text"):
                found.append({**answer, "utter_action": name})
        return found

    async def _known(self, conversation: str) -> Dict[str, Any]:
        """Return the slots the conversation last had; none when the store does not answer."""
        if self._store is None:
            return {}
        try:
            tracker = await asyncio.wait_for(self._store.retrieve(conversation), STORE_SECONDS)
        except Exception as error:
            logger.error("answered without the conversation: %s", type(error).__name__)
            return {}
        # Read from the events: without a model the tracker knows no slots.
        events = tracker.events if tracker else ()
        return {event.key: event.value for event in events if isinstance(event, SlotSet)}

    async def _record(self, message: UserMessage, turn: Turn, said: List[Dict[str, Any]]) -> None:
        if self._store is None:
            logger.error("a message is not recorded: there is no conversation store")
            return
        try:
            await self._store.append(message.sender_id, events_of(message, turn, said))
        except Exception as error:
            logger.error("a message could not be recorded: %s", type(error).__name__)


def events_of(message: UserMessage, turn: Turn, said: List[Dict[str, Any]]) -> List[Event]:
    """Return what the engine would have stored of a turn, as far as it was taken.

    The slots change only where something was said: what was not asked is not open.
    """
    entities = [{"entity": name, "value": value} for name, value in turn.slots.items()]
    if turn.assessment is not None:
        plain = assessment_as_plain(turn.assessment)
        entities.append({"entity": "assessment", "value": plain})
    intent = {"name": turn.intent, "confidence": 1.0}
    heard = UserUttered(
        message.text,
        intent,
        entities,
        {"intent": intent, "entities": entities, "text": message.text},  # type: ignore[typeddict-item]
        input_channel=message.input_channel,
        message_id=message.message_id,
        metadata=message.metadata,
    )
    answers = [
        event
        for answer in said
        for event in (ActionExecuted(answer["utter_action"]), BotUttered(answer["text"]))
    ]
    slots = [SlotSet(name, value) for name, value in turn.slots.items()] if said else []
    # No new session begins: the slots of the one before would be forgotten.
    return [heard, *slots, *answers, ActionExecuted(ACTION_LISTEN_NAME)]


def inner_store(store: Any) -> ConversationStore:
    """Return our own store from inside the ones that Rasa wraps around it."""
    while not isinstance(store, ConversationStore):
        store = store._tracker_store
    return store


def _read(message: UserMessage, memory: Memory) -> Turn:
    metadata = message.metadata or {}
    guess = Guess(
        typed_command=bool(metadata.get("typed_command")),
        without_words=bool(metadata.get("no_words")),
    )
    try:
        turn = read_turn(message.text or "", guess, memory, datetime.now(timezone.utc))
    except Exception as error:
        # Only the kind of error: its text may quote the patient.
        logger.error("Screening failed: %s", type(error).__name__)
        metrics.SCREEN_FAILURES.inc()
        turn = unscreened(memory)
    found = turn.assessment.findings if turn.assessment is not None else ()
    level = turn.assessment.level if turn.assessment is not None else None
    present = [finding.key for finding in found if finding.assertion is Assertion.PRESENT]
    figures.screened(level.name if level else None, turn.intent, present)
    return turn
