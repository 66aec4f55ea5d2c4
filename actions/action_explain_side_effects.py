"""Explains the symptom she named: what to expect, what helps, and when it is no longer expected."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.advice import ask, explain, symptoms_named
from actions.base import CareAction, Events, content
from actions.incoming import Incoming
from bot.triage.vocabulary import Level


class ActionExplainSideEffects(CareAction):
    """Asks first what triage wants to know, otherwise gives the advice for the symptoms."""

    action_name = "action_explain_side_effects"
    done = "answered"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Answer below an emergency; the level decides what may be said (responses.md 4)."""
        if incoming.assessment is None:
            raise ValueError("there is no assessment to explain")
        texts, level = content(), incoming.level
        if level is Level.URGENT_SAME_DAY:
            # Action first, always; the explanation must not read as a way round the call.
            dispatcher.utter_message(response="utter_urgent_same_day")
        events = self._answer_question(dispatcher, incoming)
        if ask(dispatcher, texts, incoming.assessment) or level is Level.URGENT_SAME_DAY:
            return events
        keys = symptoms_named(incoming.assessment, incoming.slots.get("findings") or [])
        explained = explain(dispatcher, texts, keys)
        if level is Level.ROUTINE:
            dispatcher.utter_message(response="utter_routine_ticket")
        elif not explained:
            dispatcher.utter_message(response="utter_anything_else")
        return events

    @staticmethod
    def _answer_question(dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        asked = incoming.slots.get("also_asked")
        if not asked:
            return []
        dispatcher.utter_message(response=f"utter_{asked}")
        return [SlotSet("also_asked", None)]
