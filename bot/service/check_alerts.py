"""Checks whom an alert reaches, at this moment and at every other of the week."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterator, List, Tuple
from zoneinfo import ZoneInfo

from bot.care.clock import now
from bot.care.escalation import load_escalation
from bot.care.ladder import Ladder
from bot.care.notify import understands
from bot.service.findings import ERROR, OK, WARNING, Finding
from bot.settings import Settings

#: How finely the week is looked at. Shifts begin on quarters of an hour.
_STEP = timedelta(minutes=15)
_WEEK = timedelta(days=7)


def check_who_is_told(settings: Settings, production: bool) -> Iterator[Finding]:
    """Return for each level who would be told now, and the hours of the week that reach nobody."""
    at = now()
    for level, ladder in load_escalation(settings.escalation).ladders.items():
        lines = list(_tiers(ladder, at))
        opening = ladder.opening(at)
        begins = "" if opening <= at else f" (from {_local(ladder, opening)}, when work begins)"
        reached = any(names for _, names in lines)
        said = "; ".join(f"{when} {names or 'nobody'}" for when, names in lines)
        if reached:
            yield Finding(OK, f"{level.name}{begins}: {said}; then all every {_span(ladder)}")
        else:
            yield Finding(
                ERROR,
                f"{level.name}{begins}: {said}. It reaches nobody but the desk and a log line.",
                "Put people with addresses into escalation.yml and give them a role in its rota.",
            )
            continue
        for gap in _gaps(ladder, at):
            yield Finding(
                ERROR,
                f"{level.name} reaches nobody {gap}.",
                "Give somebody a role for these hours in the rota of escalation.yml.",
            )


def check_notifiers(settings: Settings, production: bool) -> Iterator[Finding]:
    """Return which services are used, and addresses that no notifier understands."""
    escalation = load_escalation(settings.escalation)
    schemes = set()
    for person, ways in escalation.people.items():
        for way, address in ways.items():
            schemes.add(address.url.split("://", 1)[0])
            if not understands(address):
                yield Finding(
                    ERROR,
                    f"No notifier understands the address people.{person}.{way}.",
                    "Compare it with https://github.com/caronc/apprise/wiki.",
                )
    if schemes:
        yield Finding(OK, f"On: {', '.join(sorted(schemes))}.")
    else:
        yield Finding(WARNING, "None is on: alerts appear on the nurse desk and in the log only.")
    if escalation.patient_text:
        yield Finding(
            WARNING,
            "Notifications carry what the patient wrote.",
            "Set patient_text to false in escalation.yml unless every service may see it.",
        )
    if escalation.heartbeat:
        yield Finding(OK, "An outside monitor hears the watchdog's heartbeat.")
    else:
        yield Finding(
            ERROR if production else WARNING,
            "No outside monitor would notice if this machine stopped.",
            "Set heartbeat in escalation.yml to the address of one.",
        )


def _tiers(ladder: Ladder, at: datetime) -> Iterator[Tuple[str, str]]:
    moment = ladder.opening(at)
    for number, tier in enumerate(ladder.tiers, start=1):
        told = ladder.recipients(number, moment + tier.after)
        names = ", ".join(recipient.name for recipient in told)
        after = int(tier.after.total_seconds() // 60)
        yield (f"{tier.who}{f' after {after} min' if after else ' at once'}:", names)


def _gaps(ladder: Ladder, at: datetime) -> List[str]:
    gaps: List[Tuple[datetime, datetime]] = []
    start = at.replace(minute=0, second=0, microsecond=0)
    for number in range(int(_WEEK / _STEP)):
        moment = start + number * _STEP
        if ladder.opening(moment) > moment:
            continue
        if any(ladder.recipients(tier, moment) for tier in range(1, len(ladder.tiers) + 1)):
            continue
        if gaps and gaps[-1][1] == moment:
            gaps[-1] = (gaps[-1][0], moment + _STEP)
        else:
            gaps.append((moment, moment + _STEP))
    return [f"from {_local(ladder, first)} until {_local(ladder, last)}" for first, last in gaps]


def _local(ladder: Ladder, at: datetime) -> str:
    return at.astimezone(ZoneInfo(ladder.time_zone)).strftime("%a %H:%M")


def _span(ladder: Ladder) -> str:
    return f"{int(ladder.repeat.total_seconds() // 60)} min until a nurse acknowledges"
