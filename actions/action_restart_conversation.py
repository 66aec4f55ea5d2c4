"""Starts the talk over without forgetting what matters: the level stays (G-03)."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events
from actions.incoming import Incoming
from bot.triage.vocabulary import Level

#: What she may leave behind. Level, episode, injection and weeks are facts and stay.
FORGOTTEN = ("findings", "also_asked", "misunderstood", "check", "topic")


class ActionRestartConversation(CareAction):
    """Clears the thread of the talk; an open same-day matter is said again."""

    action_name = "action_restart_conversation"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Greet anew, after the call line when something needs checking today."""
        if incoming.level is Level.URGENT_SAME_DAY:
            dispatcher.utter_message(response="utter_urgent_same_day")
        dispatcher.utter_message(response="utter_restarted")
        return [SlotSet(slot, None) for slot in FORGOTTEN]
