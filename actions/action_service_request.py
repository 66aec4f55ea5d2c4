"""Passes on what she asks of the service itself: her data, their deletion, a complaint."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, tell_nurse
from actions.incoming import Incoming
from bot.triage.vocabulary import Level

#: The text for each request (responses.md M-40, M-41, M-30), by the slot ``service_topic``.
TEXTS = {
    "data_copy": "utter_data_copy",
    "data_deletion": "utter_data_deletion_requested",
    "complaint": "utter_complaint",
}


class ActionServiceRequest(CareAction):
    """Writes a ticket first: "I've passed it on" must be true when she reads it (F-352, F-353)."""

    action_name = "action_service_request"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Tell the staff, then say so. Raises KeyError for a request there is no text for."""
        text = TEXTS[incoming.slots.get("service_topic") or ""]
        events = tell_nurse(
            dispatcher, incoming, max(incoming.level or Level.ROUTINE, Level.ROUTINE)
        )
        dispatcher.utter_message(response=text)
        return events
