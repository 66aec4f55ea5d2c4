"""Her dates as a calendar file (RFC 5545), for the calendar of her phone."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Mapping

from icalendar import Alarm, Calendar, Event

from bot.plan.model import Plan

#: Shown on a locked screen, so it names no treatment; the details are inside the entry.
_TITLES: Mapping[str, str] = {
    "injection": "My appointment",
    "tests": "My test",
}
_DETAILS: Mapping[str, str] = {
    "injection": "My next injection, as I noted it in my plan.",
    "tests": "A test to see how my treatment works, as I noted it in my plan.",
}


def as_calendar(plan: Plan, *, made_at: datetime) -> bytes:
    """Return the plan's dates as an iCalendar file: whole days, with a reminder the day before.

    A day has the same identifier each time, so that a second import changes nothing. ``made_at``
    is in UTC.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//B12 symptom check//plan//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for each in plan.dates:
        event = Event()
        event.add("uid", _identifier(each.kind, each.day.isoformat()))
        event.add("dtstamp", made_at)
        event.add("dtstart", each.day)
        event.add("dtend", each.day + timedelta(days=1))
        event.add("summary", _TITLES[each.kind])
        event.add("description", _DETAILS[each.kind])
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        reminder = Alarm()
        reminder.add("action", "DISPLAY")
        reminder.add("description", _TITLES[each.kind])
        # 9 in the morning of the day before.
        reminder.add("trigger", timedelta(hours=-15))
        event.add_component(reminder)
        calendar.add_component(event)
    return calendar.to_ical()


def _identifier(kind: str, day: str) -> str:
    return hashlib.sha256(f"{kind} {day}".encode()).hexdigest()[:32] + "@b12-symptom-check"
