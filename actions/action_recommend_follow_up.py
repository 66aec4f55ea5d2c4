"""Recommends the talk with the clinician: the three-part written plan of F-095."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events
from actions.incoming import Incoming
from bot.triage.vocabulary import Level


class ActionRecommendFollowUp(CareAction):
    """Lists what to ask: the tests that confirmed it, schedule and duration, how response shows."""

    action_name = "action_recommend_follow_up"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Send the plan, after the call line when something needs checking today."""
        if incoming.level is Level.URGENT_SAME_DAY:
            dispatcher.utter_message(response="utter_urgent_same_day")
        dispatcher.utter_message(response="utter_plan")
        return []
