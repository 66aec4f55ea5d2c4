"""Reads escalation.yml: checked as a whole when the service starts, each error names its entry."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from bot.care.ladder import DAYS, Address, Hours, Ladder, Shift, Tier
from bot.settings import SettingsError
from bot.triage.vocabulary import Level
from bot.yaml_files import read_yaml

#: Levels that must have a ladder. Self-care needs nobody.
LEVELS = (Level.EMERGENCY_NOW, Level.URGENT_SAME_DAY, Level.ROUTINE)
_UNITS = {"s": 1, "min": 60, "h": 3600}
_TOP = {
    *("time_zone", "working_hours", "people", "rota", "levels"),
    *("silence_after_emergency", "patient_text", "heartbeat"),
}
_LEVEL_KEYS = {"hours", "tiers", "repeat", "acknowledgement_lasts", "reminder_waits"}
#: Together a name and a way fill the column that names a recipient.
_LONGEST_NAME = 60
_LONGEST_WAY = 40


class EscalationError(SettingsError):
    """An entry of escalation.yml cannot be used; the message names the entry and the fix."""


@dataclass(frozen=True)
class Escalation:
    """The whole file: one ladder for each level, and what goes with them."""

    ladders: Mapping[Level, Ladder]
    silence_after_emergency: timedelta
    patient_text: bool = False
    heartbeat: str = ""

    @property
    def people(self) -> Mapping[str, Mapping[str, Address]]:
        """Return everybody's addresses as they are now."""
        return self.ladders[Level.EMERGENCY_NOW].people


@lru_cache(maxsize=32)
def load_escalation(path: Path) -> Escalation:
    """Return what the file says, read once per process. Raises EscalationError."""
    return read_escalation(path, os.environ)


def read_escalation(path: Path, environment: Mapping[str, str]) -> Escalation:
    """Return what the file says, with ``${NAME}`` filled in. Raises EscalationError."""
    try:
        raw = read_yaml(path) or {}
    except (OSError, yaml.YAMLError) as error:
        raise EscalationError(
            f"{path.name} cannot be read ({error}). Restore or fix it."
        ) from error
    _known(raw, "the file", _TOP)
    zone = _zone(raw.get("time_zone", "UTC"))
    working = _hours(_mapping(raw.get("working_hours"), "working_hours"), "working_hours")
    people = _people(raw.get("people") or {}, environment)
    rota = _rota(raw.get("rota") or {}, people)
    levels = _mapping(raw.get("levels"), "levels")
    _known(levels, "levels", {level.name for level in LEVELS})
    ladders = {}
    for level in LEVELS:
        entry = _mapping(levels.get(level.name), f"levels.{level.name}")
        ladders[level] = _ladder(level, entry, people, rota, zone, working)
    patient_text = raw.get("patient_text", False)
    if not isinstance(patient_text, bool):
        raise EscalationError(f"patient_text is {patient_text!r}; use true or false.")
    return Escalation(
        ladders=ladders,
        silence_after_emergency=_duration(
            raw.get("silence_after_emergency", "10 min"), "silence_after_emergency"
        ),
        patient_text=patient_text,
        heartbeat=_heartbeat(raw.get("heartbeat"), environment),
    )


def _ladder(
    level: Level,
    entry: Mapping[str, Any],
    people: Mapping[str, Mapping[str, Address]],
    rota: Mapping[str, Tuple[Shift, ...]],
    zone: str,
    working: Hours,
) -> Ladder:
    place = f"levels.{level.name}"
    _known(entry, place, _LEVEL_KEYS)
    hours = entry.get("hours", "always")
    if hours not in ("always", "working"):
        raise EscalationError(f"{place}.hours is {hours!r}; use always or working.")
    if hours == "working" and level is Level.EMERGENCY_NOW:
        raise EscalationError(f"{place}.hours is working; an emergency counts at every hour.")
    tiers = _tiers(entry.get("tiers"), f"{place}.tiers", people, rota)
    lasts = entry.get("acknowledgement_lasts")
    return Ladder(
        tiers=tiers,
        repeat=_duration(entry.get("repeat"), f"{place}.repeat", shortest=timedelta(seconds=30)),
        people=people,
        rota=rota,
        time_zone=zone,
        working_hours=working if hours == "working" else None,
        acknowledgement_lasts=(
            None if lasts in (None, "never") else _duration(lasts, f"{place}.acknowledgement_lasts")
        ),
        reminder_waits=_duration(entry.get("reminder_waits", "5 min"), f"{place}.reminder_waits"),
    )


def _tiers(
    raw: Any,
    place: str,
    people: Mapping[str, Mapping[str, Address]],
    rota: Mapping[str, Tuple[Shift, ...]],
) -> Tuple[Tier, ...]:
    if not isinstance(raw, list) or not raw:
        raise EscalationError(f"{place} is empty; give at least one tier with who and after.")
    tiers: List[Tier] = []
    for number, entry in enumerate(raw, start=1):
        here = f"{place}[{number}]"
        entry = _mapping(entry, here)
        _known(entry, here, {"who", "after", "how"})
        who = _one_of(entry.get("who"), [*rota, *people], f"{here}.who")
        after = _duration(entry.get("after"), f"{here}.after", shortest=timedelta(0))
        if tiers and after < tiers[-1].after:
            raise EscalationError(f"{here}.after is before the tier above it; put them in order.")
        ways = {way for person in _behind(who, people, rota) for way in people[person]}
        how = tuple(_one_of(way, ways, f"{here}.how") for way in entry.get("how") or ())
        tiers.append(Tier(who=who, after=after, how=how))
    return tuple(tiers)


def _behind(
    who: str, people: Mapping[str, Any], rota: Mapping[str, Tuple[Shift, ...]]
) -> Iterable[str]:
    if who in rota:
        return {person for shift in rota[who] for person in shift.people}
    return (who,)


def _people(raw: Any, environment: Mapping[str, str]) -> Dict[str, Dict[str, Address]]:
    people: Dict[str, Dict[str, Address]] = {}
    for person, ways in _mapping(raw, "people").items():
        place = f"people.{person}"
        ways = _mapping(ways, place)
        _fits(str(person), place, _LONGEST_NAME)
        if not ways:
            raise EscalationError(f"{place} has no address; give at least one, such as mail.")
        people[str(person)] = {
            _fits(str(way), f"{place}.{way}", _LONGEST_WAY): _address(
                address, f"{place}.{way}", environment
            )
            for way, address in ways.items()
        }
    return people


def _address(raw: Any, place: str, environment: Mapping[str, str]) -> Address:
    if isinstance(raw, str):
        raw = {"url": raw}
    entry = _mapping(raw, place)
    _known(entry, place, {"url", "secret"})
    url = _filled(entry.get("url"), f"{place}.url", environment)
    secret = _filled(entry.get("secret") or "", f"{place}.secret", environment)
    if "://" not in url:
        raise EscalationError(f"{place} is no address; use one such as mailtos://…")
    if url.startswith("webhook+") and len(secret) < 16:
        raise EscalationError(f"{place}.secret signs the webhook; give at least 16 characters.")
    return Address(url=url, secret=secret)


def _filled(raw: Any, place: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match) -> str:
        if not environment.get(match.group(1)):
            raise EscalationError(f"{place} needs the environment variable {match.group(1)}.")
        return environment[match.group(1)]

    if not isinstance(raw, str):
        raise EscalationError(f"{place} is {raw!r}; write it as text.")
    return re.sub(r"\$\{(\w+)\}", value, raw)


def _rota(raw: Any, people: Mapping[str, Any]) -> Dict[str, Tuple[Shift, ...]]:
    rota = {}
    for role, shifts in _mapping(raw, "rota").items():
        if not isinstance(shifts, list):
            raise EscalationError(f"rota.{role} is no list; give a list of shifts.")
        found = []
        for number, entry in enumerate(shifts, start=1):
            place = f"rota.{role}[{number}]"
            entry = _mapping(entry, place)
            _known(entry, place, {"days", "from", "until", "people"})
            names = entry.get("people")
            if not isinstance(names, list) or not names:
                raise EscalationError(f"{place}.people is empty; name somebody of people.")
            listed = tuple(_one_of(name, people, f"{place}.people") for name in names)
            found.append(Shift(people=listed, hours=_hours(entry, place)))
        rota[str(role)] = tuple(found)
    return rota


def _hours(entry: Mapping[str, Any], place: str) -> Hours:
    days = entry.get("days", list(DAYS))
    if not isinstance(days, list) or not days:
        raise EscalationError(f"{place}.days is {days!r}; use a list of {', '.join(DAYS)}.")
    numbers = tuple(DAYS.index(_one_of(day, DAYS, f"{place}.days")) for day in days)
    start = _time(entry.get("from", "00:00"), f"{place}.from")
    until = _time(entry.get("until", "00:00"), f"{place}.until")
    return Hours(days=numbers, start=start, until=until)


def _time(raw: Any, place: str) -> time:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", raw) if isinstance(raw, str) else None
    if found is None and raw != "24:00":
        raise EscalationError(f'{place} is {raw!r}; write a time in quotes, such as "19:00".')
    return time(0, 0) if found is None else time(int(found.group(1)), int(found.group(2)))


def _duration(raw: Any, place: str, *, shortest: timedelta = timedelta(seconds=1)) -> timedelta:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h)", raw) if isinstance(raw, str) else None
    if found is None:
        raise EscalationError(f"{place} is {raw!r}; write it as 30 s, 5 min or 8 h.")
    duration = timedelta(seconds=float(found.group(1)) * _UNITS[found.group(2)])
    if not shortest <= duration <= timedelta(days=31):
        raise EscalationError(f"{place} is {raw!r}; use something between {shortest} and 31 days.")
    return duration


def _zone(raw: Any) -> str:
    try:
        ZoneInfo(str(raw))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise EscalationError(f"time_zone is {raw!r}; use one such as Europe/London.") from error
    return str(raw)


def _heartbeat(raw: Optional[str], environment: Mapping[str, str]) -> str:
    url = _filled(raw or "", "heartbeat", environment)
    if url and not re.match(r"https?://", url):
        raise EscalationError("heartbeat is no web address; use https://… or leave it empty.")
    return url


def _mapping(raw: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise EscalationError(f"{place} is missing or no mapping; see the comments in the file.")
    return raw


def _known(raw: Any, place: str, names: Iterable[str]) -> None:
    unknown = set(_mapping(raw, place)) - set(names)
    if unknown:
        raise EscalationError(
            f"{place} has the unknown entry {sorted(map(str, unknown))[0]!r}; "
            f"known are {', '.join(sorted(names))}."
        )


def _one_of(raw: Any, names: Iterable[str], place: str) -> str:
    listed = list(names)
    if raw not in listed:
        raise EscalationError(
            f"{place} is {raw!r}; use one of {', '.join(listed) or '(none yet)'}."
        )
    return str(raw)


def _fits(name: str, place: str, longest: int) -> str:
    if not 1 <= len(name) <= longest:
        raise EscalationError(f"{place}: use a name of 1 to {longest} characters.")
    return name
