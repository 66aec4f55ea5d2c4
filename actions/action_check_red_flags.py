"""Records the check of a message below an emergency, and asks what has to be asked at once."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.advice import answer_questions, ask, before_injection
from actions.base import CareAction, Events, content, tell_nurse
from actions.incoming import Incoming
from bot.triage.vocabulary import Level


class MissingAssessment(ValueError):
    """The message came without an assessment, so nothing may be concluded from it."""


class ActionCheckRedFlags(CareAction):
    """Makes sure that this very message was assessed and that a nurse knows when she must.

    The screen has assessed the message in the Rasa process. Only when the result is stored where a
    nurse sees it does the check count as passed.
    """

    action_name = "action_check_red_flags"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Write the ticket and, where she has been told to call, ask the open question."""
        if incoming.assessment is None:
            raise MissingAssessment
        level = incoming.level
        if level is None or level < Level.ROUTINE:
            return []
        events = tell_nurse(dispatcher, incoming, level)
        if incoming.intent == "report_urgent":
            if not before_injection(dispatcher, content(), incoming):
                answer_questions(dispatcher, incoming.slots.get("also_asked") or [])
            ask(dispatcher, content(), incoming.assessment)
        return events
