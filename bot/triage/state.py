"""What an episode remembers between messages, as plain data that JSON can hold.

Times are kept as moments (UTC), because "two hours ago" ages while the conversation goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Mapping, Optional, Tuple

from bot.triage.plain import finding_as_plain, finding_from_plain
from bot.triage.vocabulary import Ago, Finding, Level, StatedFacts, Subtype

#: The moment used when the caller gives none: the clock then stands still.
START = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Standing:
    """Something that holds the level up on its own: an answer, a second opinion, U-02."""

    level: str
    rules: Tuple[str, ...] = ()
    subtype: Optional[str] = None
    flags: Tuple[str, ...] = ()


@dataclass(frozen=True)
class EpisodeState:
    """Everything an episode remembers. Change it only with the functions of ``episode``.

    ``findings`` are plain findings with ``at``, the moment they were told. ``reviewed`` are those a
    nurse has judged. ``asked`` are question ids in order, a repetition counts again. ``answers``
    are pairs of question and reading, never her words.
    """

    level: Optional[str] = None
    subtype: Optional[str] = None
    findings: Tuple[Mapping[str, Any], ...] = ()
    reviewed: Tuple[Mapping[str, Any], ...] = ()
    standing: Tuple[Standing, ...] = ()
    injection: Optional[Tuple[Optional[str], str]] = None
    next_injection: Optional[str] = None
    injection_given: Optional[bool] = None
    weeks_pregnant: Optional[float] = None
    postpartum: bool = False
    not_pregnant: bool = False
    nothing_else: bool = False
    asked: Tuple[str, ...] = ()
    answers: Tuple[Tuple[str, str], ...] = ()
    open_question: Optional[str] = None
    unanswered: int = 0
    handed_over: bool = False
    contacts: Tuple[str, ...] = ()
    last_message: Optional[str] = None

    def to_plain(self) -> Dict[str, Any]:
        """Return the state as lists, strings and numbers."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        for name in ("findings", "reviewed", "asked", "contacts"):
            plain[name] = list(plain[name])
        plain["answers"] = [list(pair) for pair in self.answers]
        plain["injection"] = list(self.injection) if self.injection else None
        plain["standing"] = [
            {**vars(entry), "rules": list(entry.rules), "flags": list(entry.flags)}
            for entry in self.standing
        ]
        return plain

    @classmethod
    def from_plain(cls, data: Optional[Mapping[str, Any]]) -> EpisodeState:
        """Return the state written by ``to_plain``; None or empty is a new episode.

        Raises TypeError when the data has a field that no state has.
        """
        if not data:
            return cls()
        values = dict(data)
        for name in ("findings", "reviewed", "asked", "contacts"):
            values[name] = tuple(values.get(name, ()))
        values["answers"] = tuple(tuple(pair) for pair in values.get("answers", ()))
        values["standing"] = tuple(
            Standing(entry["level"], tuple(entry["rules"]), entry["subtype"], tuple(entry["flags"]))
            for entry in values.get("standing", ())
        )
        if values.get("injection"):
            values["injection"] = tuple(values["injection"])
        return cls(**values)

    def to_json(self) -> str:
        """Return the state as JSON text."""
        return json.dumps(self.to_plain(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> EpisodeState:
        """Return the state written by ``to_json``. Raises ValueError when it is no JSON."""
        return cls.from_plain(json.loads(text))

    def last(self) -> datetime:
        """When the last message came; long ago in an episode without one."""
        return datetime.fromisoformat(self.last_message) if self.last_message else START

    @property
    def current_level(self) -> Optional[Level]:
        """The level of the episode so far."""
        return Level[self.level] if self.level else None

    @property
    def current_subtype(self) -> Optional[Subtype]:
        """The sub-type that goes with the level so far."""
        return Subtype(self.subtype) if self.subtype else None

    def told(self, now: datetime, reviewed: bool = False) -> List[Finding]:
        """Return the findings told so far with their times seen from ``now``."""
        return [_aged(entry, now) for entry in (self.reviewed if reviewed else self.findings)]

    def remember(
        self, findings: Tuple[Finding, ...], facts: StatedFacts, now: datetime
    ) -> EpisodeState:
        """Return the state with ``findings`` and ``facts`` of a message at ``now`` added."""
        known = {_identity(entry) for entry in self.findings}
        added = []
        for finding in findings:
            entry = {**finding_as_plain(finding), "at": now.isoformat()}
            if _identity(entry) not in known:
                known.add(_identity(entry))
                added.append(entry)
        return replace(self, findings=self.findings + tuple(added))._with_facts(facts, now)

    def _with_facts(self, facts: StatedFacts, now: datetime) -> EpisodeState:
        injection, upcoming = self.injection, self.next_injection
        since, until = facts.since_injection, facts.until_next_injection
        if since is not None:
            latest = now - timedelta(minutes=since.least)
            if injection is None or latest >= datetime.fromisoformat(injection[1]):
                earliest = None if since.most is None else now - timedelta(minutes=since.most)
                injection = (earliest.isoformat() if earliest else None, latest.isoformat())
        if until is not None:
            soonest = (now + timedelta(minutes=until.least)).isoformat()
            upcoming = min(upcoming, soonest) if upcoming else soonest
        weeks = [w for w in (self.weeks_pregnant, facts.weeks_pregnant) if w is not None]
        given = self.injection_given
        return replace(
            self,
            injection=injection,
            next_injection=upcoming,
            injection_given=facts.injection_given if given is None else given,
            weeks_pregnant=max(weeks) if weeks else None,
            postpartum=self.postpartum or facts.postpartum,
            not_pregnant=self.not_pregnant or facts.not_pregnant,
            nothing_else=self.nothing_else or facts.nothing_else,
        )

    def facts(self, message: StatedFacts, now: datetime) -> StatedFacts:
        """Return the facts of ``message`` together with those remembered."""
        since = None
        if self.injection is not None:
            earliest, latest = self.injection
            most = None if earliest is None else _minutes(datetime.fromisoformat(earliest), now)
            since = Ago(max(0.0, _minutes(datetime.fromisoformat(latest), now)), most)
        until = None
        if self.next_injection is not None:
            until = Ago(max(0.0, _minutes(now, datetime.fromisoformat(self.next_injection))), None)
        return replace(
            message,
            since_injection=since,
            until_next_injection=until,
            injection_given=self.injection_given,
            weeks_pregnant=self.weeks_pregnant,
            postpartum=self.postpartum,
            not_pregnant=self.not_pregnant,
            nothing_else=self.nothing_else,
        )


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(minutes=1)


def _identity(entry: Mapping[str, Any]) -> str:
    """Return what makes two findings the same statement: neither the words nor where they stood."""
    return json.dumps(
        {
            name: entry[name]
            for name in ("key", "assertion", "experiencer", "attributes", "when", "values")
        },
        sort_keys=True,
    )


def _aged(entry: Mapping[str, Any], now: datetime) -> Finding:
    finding = finding_from_plain(entry)
    if finding.when is None:
        return finding
    passed = max(0.0, _minutes(datetime.fromisoformat(entry["at"]), now))
    most = None if finding.when.most is None else finding.when.most + passed
    return replace(finding, when=Ago(finding.when.least + passed, most))
