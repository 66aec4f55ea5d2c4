"""The last component of the pipeline: every message is screened before anything answers it."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.memory import FALLBACK, Guess, Memory
from bot.nlu.single_questions import with_single_questions
from bot.nlu.turn import SAFETY_INTENTS, Turn, read_turn, unscreened
from bot.observability import metrics
from bot.observability import turn as figures
from bot.triage.plain import assessment_as_plain
from bot.triage.vocabulary import Assertion, Finding

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class RedFlagScreen(GraphComponent):
    """Attaches the assessment of a message and, where safety asks for it, replaces its intent.

    Rasa gives the conversation's tracker to a component that names it in ``process``, so the screen
    knows the time of the injection and the open episode.
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RedFlagScreen:
        """Return the component, with its tables loaded, which her first message would wait for."""
        read_turn("warm up", Guess(), Memory(), datetime.now(timezone.utc))
        return cls()

    def process(
        self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> List[Message]:
        """Return the messages with entities for the slots and the intent the rules answer."""
        slots = tracker.current_slot_values() if tracker is not None else {}
        for message in messages:
            self._screen(message, slots)
        return messages

    def _screen(self, message: Message, slots: Dict[str, Any]) -> None:
        memory = Memory.from_slots(slots)
        read_as = (message.get(INTENT) or {}).get("name")
        try:
            now = datetime.now(timezone.utc)
            turn = read_turn(message.get(TEXT) or "", _guess(message), memory, now)
        except Exception as error:
            # Only the kind of error: its text may quote the patient.
            logger.error("Screening failed: %s", type(error).__name__)
            metrics.SCREEN_FAILURES.inc()
            turn = unscreened(memory)
        entities = [_entity("check_state", "pending")]
        entities += [_entity(name, value) for name, value in turn.slots.items()]
        if turn.assessment is not None:
            entities.append(_entity("assessment", assessment_as_plain(turn.assessment)))
            entities += [_entity("finding", f.key, f) for f in turn.assessment.findings]
        message.set(ENTITIES, entities, add_to_output=True)
        _count(turn)
        if turn.intent != read_as or turn.intent in SAFETY_INTENTS:
            message.set(INTENT, {"name": turn.intent, "confidence": 1.0}, add_to_output=True)


def _count(turn: Turn) -> None:
    found = turn.assessment.findings if turn.assessment is not None else ()
    level = turn.assessment.level if turn.assessment is not None else None
    present = [f.key for f in found if f.assertion is Assertion.PRESENT]
    figures.screened(level.name if level else None, turn.intent, present)


def _guess(message: Message) -> Guess:
    ranking = {entry["name"]: entry["confidence"] for entry in message.get("intent_ranking") or []}
    # Several questions in one message (bot/nlu/several.py).
    asked = message.get("questions") or []
    intent = (message.get(INTENT) or {}).get("name")
    # Set by the guard of the channel (bot/channels/incoming.py).
    metadata = message.get("metadata") or {}
    guess = Guess(
        intent or FALLBACK,
        ranking.get("report_red_flag", 0.0),
        typed_command=bool(metadata.get("typed_command")),
        without_words=bool(metadata.get("no_words")),
        ranking=tuple(name for name in ranking if name != FALLBACK),
        questions=tuple(entry["intent"] for entry in asked),
    )
    return with_single_questions(message.get(TEXT) or "", guess, asked)


def _entity(name: str, value: Any, finding: Optional[Finding] = None) -> Dict[str, Any]:
    entity = {"entity": name, "value": value, "start": 0, "end": 0, "extractor": "RedFlagScreen"}
    if finding is not None:
        entity.update(start=finding.start, end=finding.end, role=finding.assertion.value)
    return entity
