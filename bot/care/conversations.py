"""Reads the conversation store that Rasa writes, on SQLite or PostgreSQL. Never changes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Union
from urllib.parse import quote

from sqlalchemy import column, create_engine, func, inspect, select, table
from sqlalchemy.engine import Engine, Row, make_url
from sqlalchemy.pool import NullPool

from bot.encryption import decrypt_event
from bot.settings import POSTGRESQL_OPTIONS, database_address

#: Rasa's table, as far as it is read here.
_EVENTS = table(
    "events",
    *(column(name) for name in ("id", "sender_id", "type_name", "timestamp", "intent_name")),
    column("data"),
)
_COLUMNS = [_EVENTS.c[name] for name in ("id", "sender_id", "timestamp", "data")]


@dataclass(frozen=True)
class UserMessage:
    """One message of a patient as Rasa stored it."""

    event_id: int
    conversation_id: str
    channel: str
    intent: str
    text: str
    message_id: Optional[str]
    sent_at: datetime
    #: The value of each entity by its name; of several with one name, the last.
    entities: Dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of a transcript. ``author`` is ``patient`` or ``bot``."""

    author: str
    text: str
    at: datetime


def messages_after(
    address: Union[str, Path],
    event_id: int,
    since: datetime,
    intents: Iterable[str],
    limit: int = 200,
) -> List[UserMessage]:
    """Return the messages with one of the intents stored after an event id, oldest first.

    Returns nothing while the store does not exist yet. Raises SQLAlchemyError when it cannot be
    read.
    """
    events = _EVENTS.c
    query = (
        select(_COLUMNS)
        .where(
            events.id > event_id,
            events.type_name == "user",
            events.intent_name.in_(tuple(intents)),
            events.timestamp >= since.timestamp(),
        )
        .order_by(events.id)
        .limit(limit)
    )
    return [_user_message(*row) for row in _read(address, query)]


def wrote_since(address: Union[str, Path], conversation_id: str, moment: datetime) -> bool:
    """Return whether the patient has written since ``moment``.

    Raises SQLAlchemyError when the store cannot be read.
    """
    events = _EVENTS.c
    query = (
        select(events.id)
        .where(
            events.sender_id == conversation_id,
            events.type_name == "user",
            events.timestamp > moment.timestamp(),
        )
        .limit(1)
    )
    return bool(_read(address, query))


def latest_messages(
    address: Union[str, Path], since: datetime, until: datetime, limit: int = 500
) -> List[UserMessage]:
    """Return the last message of each patient who last wrote between two moments, oldest first.

    Returns nothing while the store does not exist yet. Raises SQLAlchemyError when it cannot be
    read.
    """
    events = _EVENTS.c
    last = (
        select([func.max(events.id)])
        .where(events.type_name == "user", events.timestamp >= since.timestamp())
        .group_by(events.sender_id)
    )
    query = (
        select(_COLUMNS)
        .where(events.id.in_(last), events.timestamp <= until.timestamp())
        .order_by(events.id)
        .limit(limit)
    )
    return [_user_message(*row) for row in _read(address, query)]


def transcript(address: Union[str, Path], conversation_id: str, limit: int = 400) -> List[Line]:
    """Return the last lines of a conversation, oldest first, without what holds no text.

    Returns nothing while the store does not exist yet. Raises SQLAlchemyError when it cannot be
    read.
    """
    events = _EVENTS.c
    query = (
        select(_COLUMNS)
        .where(events.sender_id == conversation_id, events.type_name.in_(("user", "bot")))
        .order_by(events.id.desc())
        .limit(limit)
    )
    lines = []
    for _, _, timestamp, data in reversed(_read(address, query)):
        event = json.loads(decrypt_event(data))
        if event.get("text"):
            author = "patient" if event.get("event") == "user" else "bot"
            lines.append(Line(author=author, text=event["text"], at=_moment(timestamp)))
    return lines


def _read(address: Union[str, Path], query: Any) -> List[Row]:
    url = database_address(address)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return []
    with _engine(url).connect() as connection:
        if not inspect(connection).has_table("events"):
            return []
        return connection.execute(query).all()


@lru_cache(maxsize=8)
def _engine(url: str) -> Engine:
    # hide_parameters: the text of an error would otherwise hold what the patient wrote.
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        # Opened anew each time and for reading only: the file is Rasa's.
        file = quote(str(Path(parsed.database or "").resolve()))
        return create_engine(
            f"sqlite:///file:{file}?mode=ro&uri=true",
            future=True,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": 5},
        )
    return create_engine(
        parsed,
        future=True,
        pool_pre_ping=True,
        hide_parameters=True,
        execution_options={"isolation_level": "AUTOCOMMIT"},
        connect_args=dict(POSTGRESQL_OPTIONS),
    )


def _user_message(event_id: int, sender_id: str, timestamp: float, data: str) -> UserMessage:
    event = json.loads(decrypt_event(data))
    parsed = event.get("parse_data") or {}
    return UserMessage(
        event_id=event_id,
        conversation_id=sender_id,
        channel=event.get("input_channel") or "unknown",
        intent=(parsed.get("intent") or {}).get("name") or "",
        text=event.get("text") or "",
        message_id=event.get("message_id"),
        sent_at=_moment(timestamp),
        entities={
            entity.get("entity"): entity.get("value") for entity in parsed.get("entities") or []
        },
    )


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)
