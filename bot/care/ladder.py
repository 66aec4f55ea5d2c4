"""The escalation ladder as pure planning: which step is due when, and whom it tells.

No database, no clock, no settings file. Moments come in and go out in UTC; rota and working hours
are read in the clinic's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = time(0, 0)


@dataclass(frozen=True)
class Hours:
    """A stretch of some days of the week, in local time.

    ``until`` at or before ``start`` reaches into the next day; both at midnight is the whole day.
    ``days`` are those on which it begins, 0 for Monday.
    """

    days: Tuple[int, ...] = tuple(range(7))
    start: time = _MIDNIGHT
    until: time = _MIDNIGHT

    def contains(self, local: datetime) -> bool:
        """Return whether a local time lies in it; the end does not belong to it."""
        now, day = local.time(), local.weekday()
        if self.start < self.until:
            return day in self.days and self.start <= now < self.until
        began_today = day in self.days and now >= self.start
        began_yesterday = (day - 1) % 7 in self.days and now < self.until
        return began_today or began_yesterday


@dataclass(frozen=True)
class Shift:
    """Who holds a role during some hours of the week."""

    people: Tuple[str, ...]
    hours: Hours = Hours()


@dataclass(frozen=True)
class Address:
    """Where a notification goes: the address of a service, and the secret that signs it."""

    url: str
    secret: str = ""


@dataclass(frozen=True)
class Recipient:
    """One person (or shared phone) at one of her addresses."""

    person: str
    how: str
    address: Address

    @property
    def name(self) -> str:
        """Return the name for the log, the desk and the outbox: ``charge nurse (sms)``."""
        return f"{self.person} ({self.how})"


@dataclass(frozen=True)
class Tier:
    """Whom to tell (a role or a person), how (empty: every way), and how long after the start."""

    who: str
    after: timedelta
    how: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Ladder:
    """Everything that decides who is told of one alert, complete in itself.

    ``working_hours`` is None where every hour counts. ``repeat`` is the time between rounds to
    everybody after the last tier. ``acknowledgement_lasts`` is None where it does not end.
    """

    tiers: Tuple[Tier, ...]
    repeat: timedelta
    people: Mapping[str, Mapping[str, Address]]
    rota: Mapping[str, Tuple[Shift, ...]]
    time_zone: str = "UTC"
    working_hours: Optional[Hours] = None
    acknowledgement_lasts: Optional[timedelta] = None
    reminder_waits: timedelta = timedelta(minutes=5)

    def first_due(self, start: datetime) -> datetime:
        """Return when the first tier is due for a ladder that starts at ``start``."""
        return self.opening(start + self.tiers[0].after)

    def next_due(self, number: int, due: datetime, at: datetime) -> datetime:
        """Return when step ``number + 1`` is due; step ``number`` was ``due``, and taken at ``at``.

        A tier that should have been told long ago, because the service was down, is due at once. A
        repetition always keeps its distance, so that nobody gets ten at a time.
        """
        if number < len(self.tiers):
            gap = self.tiers[number].after - self.tiers[number - 1].after
            return self.opening(due + gap)
        return self.opening(max(due, at) + self.repeat)

    def recipients(self, number: int, at: datetime) -> List[Recipient]:
        """Return whom step ``number`` (from 1) tells at a moment, each once.

        Steps beyond the last tier tell everybody on the ladder.
        """
        tiers = (self.tiers[number - 1],) if number <= len(self.tiers) else self.tiers
        found: Dict[str, Recipient] = {}
        for tier in tiers:
            for person in self.on_duty(tier.who, at):
                for recipient in self.reached(person, tier.how):
                    found.setdefault(recipient.name, recipient)
        return list(found.values())

    def reached(self, person: str, how: Tuple[str, ...] = ()) -> List[Recipient]:
        """Return a person at her addresses, or at those named in ``how``."""
        return [
            Recipient(person, way, address)
            for way, address in self.people.get(person, {}).items()
            if not how or way in how
        ]

    def on_duty(self, who: str, at: datetime) -> Tuple[str, ...]:
        """Return the people who hold a role at a moment; a person's own name gives that person."""
        if who in self.people and who not in self.rota:
            return (who,)
        local = at.astimezone(ZoneInfo(self.time_zone))
        on = [
            person
            for shift in self.rota.get(who, ())
            if shift.hours.contains(local)
            for person in shift.people
        ]
        return tuple(dict.fromkeys(on))

    def opening(self, at: datetime) -> datetime:
        """Return ``at``, or the next beginning of the working hours where only those count."""
        if self.working_hours is None:
            return at
        zone = ZoneInfo(self.time_zone)
        local = at.astimezone(zone)
        if self.working_hours.contains(local):
            return at
        for days in range(9):
            day = local.date() + timedelta(days=days)
            begins = datetime.combine(day, self.working_hours.start, zone).astimezone(timezone.utc)
            if begins >= at and self.working_hours.contains(begins.astimezone(zone)):
                return begins
        raise ValueError("working_hours names no day of the week.")

    def acknowledged_until(self, at: datetime) -> Optional[datetime]:
        """Return when an acknowledgement of ``at`` ends, or None when it does not."""
        if self.acknowledgement_lasts is None:
            return None
        return self.opening(at + self.acknowledgement_lasts)


def as_plain(ladder: Ladder, seal: Callable[[Address], str]) -> Dict[str, Any]:
    """Return the ladder as data that JSON can hold, with each address as ``seal`` gives it."""
    hours = ladder.working_hours
    lasts = ladder.acknowledgement_lasts
    return {
        "tiers": [
            {"who": tier.who, "after": tier.after.total_seconds(), "how": list(tier.how)}
            for tier in ladder.tiers
        ],
        "repeat": ladder.repeat.total_seconds(),
        "people": {
            person: {way: seal(address) for way, address in ways.items()}
            for person, ways in ladder.people.items()
        },
        "rota": {
            role: [
                {"people": list(shift.people), **_hours_as_plain(shift.hours)} for shift in shifts
            ]
            for role, shifts in ladder.rota.items()
        },
        "time_zone": ladder.time_zone,
        "working_hours": None if hours is None else _hours_as_plain(hours),
        "acknowledgement_lasts": None if lasts is None else lasts.total_seconds(),
        "reminder_waits": ladder.reminder_waits.total_seconds(),
    }


def from_plain(data: Mapping[str, Any], open_seal: Callable[[str], Address]) -> Ladder:
    """Return the ladder that ``as_plain`` described. Raises KeyError for anything else."""
    hours, lasts = data["working_hours"], data["acknowledgement_lasts"]
    return Ladder(
        tiers=tuple(
            Tier(tier["who"], timedelta(seconds=tier["after"]), tuple(tier["how"]))
            for tier in data["tiers"]
        ),
        repeat=timedelta(seconds=data["repeat"]),
        people={
            person: {way: open_seal(address) for way, address in ways.items()}
            for person, ways in data["people"].items()
        },
        rota={
            role: tuple(Shift(tuple(shift["people"]), _hours_from_plain(shift)) for shift in shifts)
            for role, shifts in data["rota"].items()
        },
        time_zone=data["time_zone"],
        working_hours=None if hours is None else _hours_from_plain(hours),
        acknowledgement_lasts=None if lasts is None else timedelta(seconds=lasts),
        reminder_waits=timedelta(seconds=data["reminder_waits"]),
    )


def _hours_as_plain(hours: Hours) -> Dict[str, Any]:
    return {
        "days": list(hours.days),
        "from": hours.start.isoformat(),
        "until": hours.until.isoformat(),
    }


def _hours_from_plain(data: Mapping[str, Any]) -> Hours:
    return Hours(
        tuple(data["days"]), time.fromisoformat(data["from"]), time.fromisoformat(data["until"])
    )
