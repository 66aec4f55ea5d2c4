"""The web chat's own record: what was sent, what was answered, and what comes next.

Several processes may share one file. It is kept for resuming a chat and for answering a repeated
request once; the conversation itself belongs to Rasa's tracker store.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,
    author TEXT NOT NULL CHECK (author IN ('patient', 'bot', 'nurse')),
    body TEXT NOT NULL,
    submission TEXT,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS event_by_conversation ON event (conversation, number);
CREATE TABLE IF NOT EXISTS submission (
    ticket INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    lease REAL NOT NULL,
    UNIQUE (conversation, id)
);
"""


class Turn(enum.Enum):
    """What a submission is to the store."""

    NEW = "new"
    RUNNING = "running"
    DONE = "done"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Submission:
    """One message of a patient: its ticket says when it is its turn."""

    conversation: str
    id: str
    ticket: int
    turn: Turn


@dataclass(frozen=True)
class Event:
    """One line of a chat. ``number`` grows; ``submission`` is the id of the message it answers."""

    number: int
    author: str
    body: Dict[str, Any]
    submission: Optional[str]
    at: float


class MessageStore:
    """Events and submissions of the web chat in one SQLite file; safe to use from any thread."""

    def __init__(
        self, path: Path, lease: float = 60.0, clock: Callable[[], float] = time.time
    ) -> None:
        """``lease`` is how many seconds a message may take before a retry starts it again."""
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lease, self._clock, self._lock = lease, clock, threading.Lock()
        self._connection = sqlite3.connect(
            str(path), timeout=5, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA secure_delete=ON")
        self._connection.executescript(_SCHEMA)

    def submit(self, conversation: str, id: str, text: str) -> Submission:
        """Take a message in: once per id, however often and through whichever process it comes.

        A new message is recorded with its text. One whose lease ran out (its process died) is NEW
        again, so that it is answered after all. The same id with another text is a CONFLICT.
        """
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        with self._transaction() as sql:
            row = sql.execute(
                "SELECT ticket, digest, done, lease FROM submission"
                " WHERE conversation = ? AND id = ?",
                (conversation, id),
            ).fetchone()
            if row is None:
                ticket = sql.execute(
                    "INSERT INTO submission (conversation, id, digest, lease) VALUES (?, ?, ?, ?)",
                    (conversation, id, digest, self._clock() + self._lease),
                ).lastrowid
                self._insert(sql, conversation, "patient", {"text": text, "id": id}, None)
                return Submission(conversation, id, int(ticket or 0), Turn.NEW)
            ticket, known, done, lease = row
            if known != digest:
                turn = Turn.CONFLICT
            elif done:
                turn = Turn.DONE
            elif lease > self._clock():
                turn = Turn.RUNNING
            else:
                turn = Turn.NEW
                self._extend(sql, ticket)
            return Submission(conversation, id, ticket, turn)

    def is_next(self, submission: Submission) -> bool:
        """Return whether every earlier message of the conversation is answered or given up."""
        earlier = self._rows(
            "SELECT 1 FROM submission WHERE conversation = ? AND ticket < ? AND done = 0"
            " AND lease > ? LIMIT 1",
            submission.conversation,
            submission.ticket,
            self._clock(),
        )
        return not earlier

    def start(self, submission: Submission) -> None:
        """Record that a message is being answered now; its lease begins anew."""
        with self._transaction() as sql:
            self._extend(sql, submission.ticket)

    def finish(self, submission: Submission) -> None:
        """Record that a message has its answers."""
        with self._transaction() as sql:
            sql.execute("UPDATE submission SET done = 1 WHERE ticket = ?", (submission.ticket,))

    def is_done(self, submission: Submission) -> bool:
        """Return whether a message has its answers, whichever process gave them."""
        rows = self._rows("SELECT done FROM submission WHERE ticket = ?", submission.ticket)
        return bool(rows and rows[0][0])

    def add(
        self,
        conversation: str,
        author: str,
        body: Dict[str, Any],
        submission: Optional[str] = None,
    ) -> Event:
        """Append a line of the bot or a nurse to a conversation and return it."""
        with self._transaction() as sql:
            return self._insert(sql, conversation, author, body, submission)

    def answers(self, submission: Submission) -> List[Event]:
        """Return what was answered to one message, in order."""
        return self._events(
            "conversation = ? AND submission = ?", submission.conversation, submission.id
        )

    def after(self, conversation: str, number: int = 0) -> List[Event]:
        """Return up to 1,000 lines of a conversation after ``number``, in order."""
        return self._events("conversation = ? AND number > ?", conversation, number)

    def forget_before(self, at: float) -> int:
        """Delete the lines written before ``at`` (seconds since 1970); return how many."""
        with self._transaction() as sql:
            sql.execute("DELETE FROM submission WHERE lease < ?", (at,))
            return sql.execute("DELETE FROM event WHERE at < ?", (at,)).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _insert(
        self,
        sql: sqlite3.Connection,
        conversation: str,
        author: str,
        body: Dict[str, Any],
        submission: Optional[str],
    ) -> Event:
        now = self._clock()
        number = sql.execute(
            "INSERT INTO event (conversation, author, body, submission, at) VALUES (?, ?, ?, ?, ?)",
            (conversation, author, json.dumps(body), submission, now),
        ).lastrowid
        return Event(int(number or 0), author, body, submission, now)

    def _extend(self, sql: sqlite3.Connection, ticket: int) -> None:
        sql.execute(
            "UPDATE submission SET lease = ? WHERE ticket = ?",
            (self._clock() + self._lease, ticket),
        )

    def _events(self, where: str, *values: Any) -> List[Event]:
        rows = self._rows(
            "SELECT number, author, body, submission, at FROM event"
            f" WHERE {where} ORDER BY number LIMIT 1000",
            *values,
        )
        return [Event(row[0], row[1], json.loads(row[2]), row[3], row[4]) for row in rows]

    def _rows(self, statement: str, *values: Any) -> List[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
