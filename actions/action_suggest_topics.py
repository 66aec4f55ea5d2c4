"""Offers the likeliest topics when a message was not understood (M-23, first stage)."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, content
from actions.incoming import Incoming

#: Always among the choices, after the topics.
NURSE = {"title": "Talk to a nurse", "payload": "I want to talk to a nurse"}


class ActionSuggestTopics(CareAction):
    """Asks which of the likely topics she meant; the second time a nurse is told instead (G-14)."""

    action_name = "action_suggest_topics"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Send the question with one button for each topic, and one for a nurse."""
        texts = content()
        topics = [texts.message(name) for name in incoming.slots.get("likely") or []]
        buttons = [{"title": topic.title, "payload": topic.question} for topic in topics]
        message = texts.message("did_you_mean")
        dispatcher.utter_message(
            text=message.text,
            buttons=[*buttons, NURSE],
            metadata={"key": message.key, "facts": list(message.facts)},
        )
        return []
