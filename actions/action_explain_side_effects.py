"""Explains the symptom she named: what to expect, what helps, and when it is no longer expected."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.advice import answer_questions, ask, ask_detail, explain, update
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
        check = incoming.slots.get("check") or {}
        if level is Level.URGENT_SAME_DAY:
            # Action first, always; the explanation must not read as a way round the call.
            dispatcher.utter_message(response="utter_urgent_same_day")
        answer_questions(dispatcher, incoming.slots.get("also_asked") or [])
        if ask(dispatcher, texts, incoming.assessment) or level is Level.URGENT_SAME_DAY:
            return []
        keys, said = check.get("keys") or [], False
        if check.get("explain"):
            said = explain(dispatcher, texts, keys, incoming.context)
            if level is Level.ROUTINE:
                dispatcher.utter_message(response="utter_routine_ticket")
                said = True
        elif check.get("update"):
            said = update(dispatcher, texts, keys, incoming.context)
        if not ask_detail(dispatcher, check) and not (said and check.get("explain")):
            dispatcher.utter_message(response="utter_check_done")
        return []
