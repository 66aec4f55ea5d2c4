"""Writes down whether she lets the chat be stored (responses.md section 10)."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, settings, tell_nurse
from actions.incoming import Incoming
from bot.care.consent import record_consent
from bot.care.database import transaction
from bot.triage.vocabulary import Level


class ActionRecordConsent(CareAction):
    """Stores a yes with its time. A no is a request to staff, who delete what may be deleted."""

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
        if given:
            dispatcher.utter_message(response="utter_consent_given")
            return []
        events = tell_nurse(
            dispatcher, incoming, max(incoming.level or Level.ROUTINE, Level.ROUTINE)
        )
        dispatcher.utter_message(response="utter_consent_refused")
        return events
