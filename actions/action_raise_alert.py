"""Tells a nurse of an emergency. The patient has her instructions before this runs."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, tell_nurse
from actions.incoming import Incoming
from bot.triage.vocabulary import Level


class ActionRaiseAlert(CareAction):
    """Stores the message with its assessment and calls a nurse at the highest level."""

    action_name = "action_raise_alert"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Raise the alert; say that a nurse is told only when it is stored."""
        return tell_nurse(dispatcher, incoming, Level.EMERGENCY_NOW)
