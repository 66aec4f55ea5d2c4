"""Writes down whether she lets the chat be stored (responses.md section 10)."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, settings
from actions.incoming import Incoming
from bot.care.consent import record_consent
from bot.care.database import transaction


class ActionRecordConsent(CareAction):
    """Stores a yes with its time, or that there is none.

    After a no the chat keeps no words of hers (bot/nlu/withheld.py). What a nurse was told is part
    of her care and stays; she may still ask for its deletion.
    """

    action_name = "action_record_consent"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Answer either way, and go on: help never depends on it."""
        given = incoming.intent == "consent_given"
        with transaction(settings()) as session:
            record_consent(
                session,
                conversation_id=incoming.conversation_id,
                channel=incoming.channel,
                at=incoming.sent_at if given else None,
            )
        answer = "utter_consent_given" if given else "utter_consent_refused"
        dispatcher.utter_message(response=answer)
        return []
