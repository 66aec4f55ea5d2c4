"""Reads the conversation store that Rasa writes. Never changes it, never keeps it open."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from bot.encryption import decrypt_event

_COLUMNS = "SELECT id, sender_id, timestamp, data FROM events "


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
    path: Path, event_id: int, since: datetime, intents: Iterable[str], limit: int = 200
) -> List[UserMessage]:
    """Return the messages with one of the intents stored after an event id, oldest first.

    Returns nothing while the store does not exist yet. Raises sqlite3.Error when it cannot be read.
    """
    names = tuple(intents)
    marks = ", ".join("?" for _ in names)
    rows = _query(
        path,
        _COLUMNS + f"WHERE id > ? AND type_name = 'user' AND intent_name IN ({marks}) "
        "AND timestamp >= ? ORDER BY id LIMIT ?",
        (event_id, *names, since.timestamp(), limit),
    )
    return [_user_message(*row) for row in rows]


def transcript(path: Path, conversation_id: str, limit: int = 400) -> List[Line]:
    """Return the last lines of a conversation, oldest first, without what holds no text.

    Returns nothing while the store does not exist yet. Raises sqlite3.Error when it cannot be read.
    """
    rows = _query(
        path,
        _COLUMNS + "WHERE sender_id = ? AND type_name IN ('user', 'bot') ORDER BY id DESC LIMIT ?",
        (conversation_id, limit),
    )
    lines = []
    for _, _, timestamp, data in reversed(rows):
        event = json.loads(decrypt_event(data))
        if event.get("text"):
            author = "patient" if event.get("event") == "user" else "bot"
            lines.append(Line(author=author, text=event["text"], at=_moment(timestamp)))
    return lines


def _query(path: Path, statement: str, values: tuple) -> List[tuple]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        if not connection.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'events'"
        ).fetchone():
            return []
        return connection.execute(statement, values).fetchall()


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
