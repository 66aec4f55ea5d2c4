"""Tells a nurse of an emergency. The patient has her instructions before this runs."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, closed_by_nurse, tell_nurse
from actions.incoming import Incoming
from bot.triage.vocabulary import Level

#: What belongs to one emergency and ends when a nurse closes its episode.
OF_THE_EMERGENCY = ("episode", "triage_level", "emergency_kind", "called", "nurse_told", "findings")


class ActionRaiseAlert(CareAction):
    """Stores the message with its assessment and calls a nurse at the highest level."""

    action_name = "action_raise_alert"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Raise the alert; say that a nurse is told only when it is stored.

        A message that only follows an emergency which a nurse has closed meanwhile raises none:
        only a nurse lowers a level (G-03), and she has.
        """
        if incoming.intent == "in_emergency" and closed_by_nurse(incoming):
            dispatcher.utter_message(response="utter_nurse_handed_back")
            forgotten = [SlotSet(slot, None) for slot in OF_THE_EMERGENCY]
            return [*forgotten, SlotSet("emergency_open", "no")]
        return tell_nurse(dispatcher, incoming, Level.EMERGENCY_NOW)
