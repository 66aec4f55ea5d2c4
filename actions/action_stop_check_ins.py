"""Ends the check-ins at once, no question why (M-37)."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, settings
from actions.incoming import Incoming
from bot.care.check_ins import stop
from bot.care.database import transaction


class ActionStopCheckIns(CareAction):
    """Cancels what is planned before it says so. Nothing is deleted and no episode is closed."""

    action_name = "action_stop_check_ins"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Stop, then confirm."""
        with transaction(settings()) as session:
            stop(session, conversation_id=incoming.conversation_id, channel=incoming.channel)
        dispatcher.utter_message(response="utter_check_in_stopped")
        return []
