"""Writes down when to ask her how she is (M-35)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Optional, Tuple

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import CareAction, Events, content, settings
from actions.incoming import Incoming
from actions.plan import read_plan
from bot.care.check_ins import schedule
from bot.care.database import transaction
from bot.plan.dates import days_in
from bot.triage.state import EpisodeState
from bot.triage.vocabulary import Level

SOON = timedelta(minutes=30)
#: Before an injection she is asked around noon (UTC) of the day before.
_NOON = time(12, tzinfo=timezone.utc)
_SOON = re.compile(r"\b(?:30|thirty|half an hour|later)\b", re.IGNORECASE)
_BEFORE = re.compile(r"\bbefore\b", re.IGNORECASE)
#: Within this time after an injection a plain "yes" means soon, otherwise tomorrow.
_EARLY_MINUTES = 6 * 60


class ActionPlanCheckIn(CareAction):
    """Plans one check-in. Never beside a same-day matter, where she has to call (M-35)."""

    action_name = "action_plan_check_in"

    def answer(self, dispatcher: CollectingDispatcher, incoming: Incoming) -> Events:
        """Store it, then say when it comes; ask for the day when that is not known."""
        if (incoming.level or Level.SELF_CARE) >= Level.URGENT_SAME_DAY:
            dispatcher.utter_message(response="utter_urgent_same_day")
            return []
        kind, due, said = self._when(incoming)
        if due is None:
            dispatcher.utter_message(response="utter_check_in_which_day")
            return [SlotSet("offer", "check_in_day")]
        with transaction(settings()) as session:
            schedule(
                session,
                conversation_id=incoming.conversation_id,
                channel=incoming.channel,
                kind=kind,
                due_at=due,
            )
        dispatcher.utter_message(response="utter_check_in_planned", when=said)
        return []

    def _when(self, incoming: Incoming) -> Tuple[str, Optional[datetime], str]:
        text, at = incoming.text, incoming.sent_at
        named = days_in(text, today=at.date(), month_first=settings().region == "US")
        if incoming.slots.get("offer") == "check_in_day" or _BEFORE.search(text):
            return self._before(incoming, named[0] if named else None)
        minutes = incoming.context.minutes_since_injection
        early = minutes is not None and minutes < _EARLY_MINUTES
        if _SOON.search(text) or (early and "tomorrow" not in text.lower() and not named):
            return "soon", at + SOON, "in 30 minutes"
        return "next_day", at + timedelta(days=1), "tomorrow"

    @staticmethod
    def _before(incoming: Incoming, named: Optional[date]) -> Tuple[str, Optional[datetime], str]:
        day = named
        if day is None:
            plan = read_plan(incoming, content(), settings())
            day = next((d.day for d in plan.dates if d.kind == "injection"), None)
        if day is None:
            told = EpisodeState.from_plain(incoming.slots.get("episode")).next_injection
            day = datetime.fromisoformat(told).date() if told else None
        if day is None or day <= incoming.sent_at.date():
            return "before_injection", None, ""
        due = datetime.combine(day - timedelta(days=1), _NOON)
        return (
            "before_injection",
            max(due, incoming.sent_at + SOON),
            f"on {due.day} {due.strftime('%B')}, the day before your injection",
        )
