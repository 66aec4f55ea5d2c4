"""Keeps her plan and shows it: in the chat, as a page to print, and as a file for her calendar."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, content, settings
from actions.incoming import Incoming
from actions.plan import plan_as_text, plan_link, read_plan
from bot.care.database import transaction
from bot.care.plans import save_plan


class ActionShowPlan(CareAction):
    """Stores the plan before it says so, and offers to send it to the nurse (M-34)."""

    action_name = "action_show_plan"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Send the plan with its link, or the three questions to ask while it is empty."""
        plan = read_plan(incoming, content(), settings())
        if plan.is_empty:
            dispatcher.utter_message(response="utter_plan")
            return []
        with transaction(settings()) as session:
            token = save_plan(
                session,
                conversation_id=incoming.conversation_id,
                channel=incoming.channel,
                plan=plan,
            )
        dispatcher.utter_message(
            response="utter_plan_list", plan=plan_as_text(plan), link=plan_link(settings(), token)
        )
        return []
