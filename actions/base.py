"""What all custom actions share: failing safely, the clinic's texts, and telling a nurse."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any, Dict, List

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.incoming import Incoming, level_named, read_incoming
from bot.care.alerts import raise_alert
from bot.care.database import reading, transaction
from bot.care.episodes import was_closed_by_nurse
from bot.content import Content, load_content
from bot.settings import Settings, load_settings
from bot.triage.vocabulary import Assessment, Level

logger = logging.getLogger(__name__)

Events = List[Dict[str, Any]]


class CareAction(Action, ABC):
    """A custom action that ends in one of two ways: answered, or not at all.

    Only an action that came to its end sets ``check_state``. One that raised says
    nothing, and the rule behind it then sends the safe text: half an answer is never sent.
    """

    #: The name in domain.yml.
    action_name: str
    #: The value of ``check_state`` that says the action came to its end.
    done = "passed"

    def __init__(self) -> None:
        # A wrong text stops the start of the service, and the first patient does not wait for it.
        content()

    def name(self) -> str:
        """Return the name under which Rasa calls the action."""
        return self.action_name

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[str, Any]
    ) -> Events:
        """Answer the latest message, or leave it to the rule's safe text."""
        try:
            events = self.answer(dispatcher, read_incoming(tracker))
        except Exception as error:
            # Neither the exception's text nor its traceback: both may quote the patient.
            logger.error("%s failed: %s at %s", self.action_name, type(error).__name__, _at(error))
            dispatcher.messages.clear()
            return []
        return [*events, SlotSet("check_state", self.done)]

    @abstractmethod
    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Send what the action has to say and return the events it causes."""


def tell_nurse(dispatcher: CollectingDispatcher, incoming: Incoming, level: Level) -> Events:
    """Put the message into the nurse's alert; return the slot that remembers it.

    The patient is told only after the alert is stored, and once per level.
    """
    record(incoming, level)
    told = level_named(incoming.slots.get("nurse_told"))
    if told is not None and told >= level:
        return []
    if level >= Level.URGENT_SAME_DAY:
        dispatcher.utter_message(response="utter_nurse_told")
    return [SlotSet("nurse_told", level.name)]


def record(incoming: Incoming, level: Level) -> None:
    """Store the message with its assessment in the nurse's alert, which it may raise."""
    assessment = incoming.assessment or Assessment(level=None, subtype=None)
    with transaction(settings()) as session:
        raise_alert(
            session,
            conversation_id=incoming.conversation_id,
            channel=incoming.channel,
            level=level,
            subtype=assessment.subtype,
            assessment=assessment,
            text=incoming.text,
            message_id=incoming.message_id,
            context=incoming.context,
            sent_at=incoming.sent_at,
        )


def closed_by_nurse(incoming: Incoming) -> bool:
    """Return whether a nurse has closed what this conversation was about, and nothing is open."""
    with reading(settings()) as session:
        return was_closed_by_nurse(
            session, conversation_id=incoming.conversation_id, channel=incoming.channel
        )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the clinic's settings, read once per process."""
    return load_settings()


@lru_cache(maxsize=1)
def content() -> Content:
    """Return the clinic's texts, read once per process."""
    return load_content(settings().language, settings())


def _at(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "an unknown place"
