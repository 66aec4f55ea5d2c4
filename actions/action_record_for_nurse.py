"""Records what she writes while a nurse writes with her. The bot says nothing."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, record
from actions.incoming import Incoming
from bot.triage.vocabulary import Level


class ActionRecordForNurse(CareAction):
    """Puts the message, with its assessment, before the nurse who has taken over (M-42)."""

    action_name = "action_record_for_nurse"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Store it at the level of the episode. The nurse answers."""
        record(incoming, max(incoming.level or Level.ROUTINE, Level.ROUTINE))
        return []
