"""Hands the conversation to a nurse (G-13, G-14)."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, tell_nurse
from actions.incoming import Incoming
from bot.triage.vocabulary import Level

#: Minutes after an injection within which an unclear message is a same-day matter (G-14).
EXPOSED_MINUTES = 24 * 60
UNCLEAR = ("not_understood_again", "unmapped_symptom", "screen_failed")


class ActionHandOver(CareAction):
    """Writes a ticket at the level of the episode, at least ROUTINE."""

    action_name = "action_hand_over"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Tell a nurse, then say what happens next."""
        level = max(incoming.level or Level.ROUTINE, self._minimum(incoming))
        events = tell_nurse(dispatcher, incoming, level)
        if incoming.intent == "plan_to_nurse":
            dispatcher.utter_message(response="utter_plan_sent")
        elif level >= Level.URGENT_SAME_DAY:
            dispatcher.utter_message(response="utter_urgent_same_day")
        else:
            dispatcher.utter_message(response="utter_handed_over")
        return events

    @staticmethod
    def _minimum(incoming: Incoming) -> Level:
        if incoming.intent not in UNCLEAR:
            return Level.ROUTINE
        # A message whose check failed may hide anything, so it counts as exposed.
        minutes = incoming.context.minutes_since_injection
        exposed = minutes is not None and minutes <= EXPOSED_MINUTES
        if exposed or incoming.intent == "screen_failed":
            return Level.URGENT_SAME_DAY
        return Level.ROUTINE
