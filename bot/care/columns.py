"""Column types that keep the database honest: UTC times and ordered triage levels."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional

from sqlalchemy import DateTime, SmallInteger
from sqlalchemy.types import TypeDecorator

from bot.triage.vocabulary import Level


class UtcDateTime(TypeDecorator):
    """A moment in UTC. Refuses naive times, because a guess about them could hide a late alert."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Optional[datetime], dialect: Any) -> Optional[datetime]:
        """Return the value in UTC, ready for the database. Raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a time zone was given; use bot.care.clock.now().")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: Optional[datetime], dialect: Any) -> Optional[datetime]:
        """Return an aware time; SQLite gives back naive ones."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=timezone.utc)


class LevelNumber(TypeDecorator):
    """A triage level, kept as its number so that the database can sort by it."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Optional[Level], dialect: Any) -> Optional[int]:
        """Return the number of a level. Raises ValueError for anything that is no level."""
        return None if value is None else int(Level(value))

    def process_result_value(self, value: Optional[int], dialect: Any) -> Optional[Level]:
        """Return the level of a number."""
        return None if value is None else Level(value)
