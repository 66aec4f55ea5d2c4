"""``python -m bot report drift``: how what patients write changes from week to week.

Counts only: the words of the messages are opened to read the level the screen gave, and go nowhere.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Iterable, Iterator, List, Tuple

from sqlalchemy import column, create_engine, select, table
from sqlalchemy.engine import make_url

from bot.encryption import decrypt_event
from bot.observability.turn import FALLBACK_INTENTS
from bot.settings import Settings, database_address
from bot.triage.vocabulary import Level

_EVENTS = table("events", column("id"), column("type_name"), column("timestamp"), column("data"))
_LEVELS = (*(level.name for level in sorted(Level, reverse=True)), "NONE")
#: A change of a share by this much, in both directions, is worth a look: two standard errors, and
#: at least these points of a percent.
_STANDARD_ERRORS, _LEAST_POINTS = 2.0, 3.0
_MOST_INTENTS = 15


@dataclass
class Week:
    """What was counted in one week, which begins on a Monday (UTC)."""

    begins: datetime
    messages: int = 0
    intents: Counter = field(default_factory=Counter)
    levels: Counter = field(default_factory=Counter)

    @property
    def fallbacks(self) -> int:
        """Return how many messages nobody understood."""
        return sum(self.intents[name] for name in FALLBACK_INTENTS)


def drift_report(settings: Settings, *, weeks: int, at: datetime) -> str:
    """Return the Markdown report over the last ``weeks`` weeks up to ``at``.

    Raises SQLAlchemyError when the conversation store cannot be read, EncryptionError when its key
    is not at hand.
    """
    first = _monday(at) - timedelta(weeks=weeks - 1)
    return render(count(messages(settings, first)))


def messages(settings: Settings, since: datetime) -> Iterator[Tuple[datetime, str, str]]:
    """Return time, intent and level of each message of a patient since then, oldest first."""
    url = make_url(database_address(settings.conversation_database))
    engine = create_engine(url, future=True, hide_parameters=True)
    query = (
        select(_EVENTS.c.timestamp, _EVENTS.c.data)
        .where(_EVENTS.c.type_name == "user", _EVENTS.c.timestamp >= since.timestamp())
        .order_by(_EVENTS.c.id)
        .execution_options(yield_per=500)
    )
    try:
        with engine.connect() as connection:
            for row in connection.execute(query):
                parsed = json.loads(decrypt_event(row.data)).get("parse_data") or {}
                intent = (parsed.get("intent") or {}).get("name") or "none"
                at = datetime.fromtimestamp(float(row.timestamp), timezone.utc)
                yield at, intent, _level(parsed)
    finally:
        engine.dispose()


def count(found: Iterable[Tuple[datetime, str, str]]) -> List[Week]:
    """Return what was counted, one entry for each week with a message, oldest first."""
    weeks: Dict[datetime, Week] = {}
    for at, intent, level in found:
        week = weeks.setdefault(_monday(at), Week(_monday(at)))
        week.messages += 1
        week.intents[intent] += 1
        week.levels[level] += 1
    return [weeks[begins] for begins in sorted(weeks)]


def render(weeks: List[Week]) -> str:
    """Return the report as Markdown."""
    if not weeks:
        return "# Drift\n\nNo message of a patient in these weeks.\n"
    names = [week.begins.strftime("%Y-%m-%d") for week in weeks]
    head = f"| | {' | '.join(names)} |\n|---|{'---|' * len(weeks)}\n"
    totals: Counter = sum((week.intents for week in weeks), Counter())
    frequent = [name for name, _ in totals.most_common(_MOST_INTENTS)]
    parts = [
        "# Drift\n\nShares of the messages of each week, which begins on the Monday named. "
        "Bold: further from the week before than chance explains (two standard errors).\n",
        "## Messages\n\n" + head + _row("messages", [str(week.messages) for week in weeks]),
        _row("not understood", _shares([(w.fallbacks, w.messages) for w in weeks])),
        "\n## Levels\n\n" + head,
    ]
    for level in _LEVELS:
        parts.append(_row(level, _shares([(w.levels[level], w.messages) for w in weeks])))
    parts.append(f"\n## Intents (the {len(frequent)} most frequent)\n\n" + head)
    for name in frequent:
        parts.append(_row(name, _shares([(w.intents[name], w.messages) for w in weeks])))
    return "".join(part if part.endswith("\n") else part + "\n" for part in parts)


def _row(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |\n"


def _shares(counts: List[Tuple[int, int]]) -> List[str]:
    cells: List[str] = []
    for index, (part, whole) in enumerate(counts):
        cell = f"{100 * part / whole:.1f} %"
        changed = index > 0 and _differs(counts[index - 1], (part, whole))
        cells.append(f"**{cell}**" if changed else cell)
    return cells


def _differs(before: Tuple[int, int], after: Tuple[int, int]) -> bool:
    pooled = (before[0] + after[0]) / (before[1] + after[1])
    error = (pooled * (1 - pooled) * (1 / before[1] + 1 / after[1])) ** 0.5
    change = abs(after[0] / after[1] - before[0] / before[1])
    return change > max(_STANDARD_ERRORS * error, _LEAST_POINTS / 100)


def _level(parsed: Dict[str, Any]) -> str:
    for entity in parsed.get("entities") or ():
        if entity.get("entity") == "triage_level":
            return str(entity.get("value"))
    return "NONE"


def _monday(at: datetime) -> datetime:
    at = at.astimezone(timezone.utc)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())
