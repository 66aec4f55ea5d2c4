"""Sends her plan to the nurse, after she agreed."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, content, settings, tell_nurse
from actions.incoming import Incoming
from actions.plan import plan_as_text, read_plan
from bot.care.database import transaction
from bot.care.plans import save_plan, share_with_nurse
from bot.triage.vocabulary import Level


class ActionSharePlan(CareAction):
    """Puts the plan into the nurse's ticket, in place of the words "yes, send it"."""

    action_name = "action_share_plan"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Tell a nurse, then say that it was done."""
        plan = read_plan(incoming, content(), settings())
        conversation = {
            "conversation_id": incoming.conversation_id,
            "channel": incoming.channel,
        }
        if plan.is_empty:
            dispatcher.utter_message(response="utter_plan")
            return []
        with transaction(settings()) as session:
            if not share_with_nurse(session, **conversation):
                save_plan(session, plan=plan, **conversation)
                share_with_nurse(session, **conversation)
        told = replace(incoming, text=f"My plan for my clinician:\n{plan_as_text(plan)}")
        level = max(incoming.level or Level.ROUTINE, Level.ROUTINE)
        events = tell_nurse(dispatcher, told, level)
        dispatcher.utter_message(response="utter_plan_sent")
        return events
