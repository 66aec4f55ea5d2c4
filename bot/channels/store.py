"""The web chat's own record: what was sent, what was answered, and what comes next.

Several processes share one database. It is kept for resuming a chat and for answering a repeated
request once; the conversation itself belongs to Rasa's tracker store.
"""

from __future__ import annotations

import enum
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Set

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection, Engine

from bot.channels.database import Number, metadata, reading, take_turns, writing
from bot.encryption import EncryptedText

events = Table(
    "chat_events",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("conversation", String(64), nullable=False),
    Column("author", String(16), nullable=False),
    Column("body", EncryptedText, nullable=False),
    Column("submission", String(128)),
    Column("at", Float, nullable=False),
    Index("chat_events_by_conversation", "conversation", "number"),
    sqlite_autoincrement=True,
)
submissions = Table(
    "chat_submissions",
    metadata,
    Column("ticket", Number, primary_key=True, autoincrement=True),
    Column("conversation", String(64), nullable=False),
    Column("id", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("done", Boolean, nullable=False, default=False),
    Column("lease", Float, nullable=False),
    UniqueConstraint("conversation", "id"),
    sqlite_autoincrement=True,
)
#: How often a message was taken up again because the process that answered it died.
taken_up = Table(
    "chat_taken_up",
    metadata,
    Column("ticket", Number, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False),
)
#: Conversations that were deleted: their tokens are good for nothing any more.
deleted = Table(
    "chat_deleted",
    metadata,
    Column("conversation", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)


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
    #: How many processes died while they answered it.
    deaths: int = 0
    #: Whether an earlier message of the conversation had no answer yet.
    waits: bool = False


@dataclass(frozen=True)
class Event:
    """One line of a chat. ``number`` grows; ``submission`` is the id of the message it answers."""

    number: int
    author: str
    body: Dict[str, Any]
    submission: Optional[str]
    at: float


#: Seconds after which a process that gave no sign counts as dead.
LEASE_SECONDS = 10.0


class MessageStore:
    """Events and submissions of the web chat; safe to use from any thread and any process."""

    def __init__(
        self, engine: Engine, lease: float = LEASE_SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        """``lease`` is how long, in seconds, a message counts as being answered without a sign.

        The process that answers it gives a sign with ``start``, again and again. After a process
        died, her message, or the next one, is taken up when the lease has run out.
        """
        self._engine, self._lease, self._clock = engine, lease, clock

    def submit(self, conversation: str, id: str, text: str) -> Submission:
        """Take a message in: once per id, however often and through whichever process it comes.

        A new message is recorded with its text. One whose lease ran out (its process died) is NEW
        again, so that it is answered after all. The same id with another text is a CONFLICT.
        """
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        with writing(self._engine) as sql:
            take_turns(sql, conversation)
            row = sql.execute(
                select(submissions).where(
                    submissions.c.conversation == conversation, submissions.c.id == id
                )
            ).one_or_none()
            if row is None:
                ticket = sql.execute(
                    insert(submissions).values(
                        conversation=conversation,
                        id=id,
                        digest=digest,
                        done=False,
                        lease=self._clock() + self._lease,
                    )
                ).inserted_primary_key[0]
                self._insert(sql, conversation, "patient", {"text": text, "id": id}, None)
                waits = self._has_earlier(sql, conversation, ticket)
                return Submission(conversation, id, ticket, Turn.NEW, waits=waits)
            if row.digest != digest:
                turn = Turn.CONFLICT
            elif row.done:
                turn = Turn.DONE
            elif row.lease > self._clock():
                turn = Turn.RUNNING
            else:
                self._extend(sql, row.ticket)
                deaths = self._count_death(sql, row.ticket)
                waits = self._has_earlier(sql, conversation, row.ticket)
                return Submission(conversation, id, row.ticket, Turn.NEW, deaths, waits)
            return Submission(conversation, id, row.ticket, turn)

    def is_next(self, submission: Submission) -> bool:
        """Return whether every earlier message of the conversation is answered or given up."""
        with reading(self._engine) as sql:
            return not self._has_earlier(sql, submission.conversation, submission.ticket)

    def is_idle(self, conversation: str) -> bool:
        """Return whether no message of the conversation waits for its answer."""
        waiting = select(submissions.c.ticket).where(
            submissions.c.conversation == conversation,
            submissions.c.done.is_(False),
            submissions.c.lease > self._clock(),
        )
        with reading(self._engine) as sql:
            return sql.execute(waiting.limit(1)).first() is None

    def start(self, submission: Submission) -> None:
        """Record that a message is being answered now; its lease begins anew."""
        with writing(self._engine) as sql:
            self._extend(sql, submission.ticket)

    def finish(self, submission: Submission) -> None:
        """Record that a message has its answers."""
        with writing(self._engine) as sql:
            sql.execute(
                update(submissions)
                .where(submissions.c.ticket == submission.ticket)
                .values(done=True)
            )

    def is_settled(self, submission: Submission) -> bool:
        """Return whether a message has its answers, or the process that answered it died."""
        query = select(submissions).where(submissions.c.ticket == submission.ticket)
        with reading(self._engine) as sql:
            row = sql.execute(query).one_or_none()
        return row is None or bool(row.done) or row.lease <= self._clock()

    def add(
        self,
        conversation: str,
        author: str,
        body: Dict[str, Any],
        submission: Optional[str] = None,
    ) -> Event:
        """Append a line of the bot or a nurse to a conversation and return it."""
        with writing(self._engine) as sql:
            take_turns(sql, conversation)
            return self._insert(sql, conversation, author, body, submission)

    def add_once(self, conversation: str, author: str, body: Dict[str, Any], key: str) -> None:
        """Append a line that no message asked for, unless one with this key is there already."""
        with writing(self._engine) as sql:
            take_turns(sql, conversation)
            known = select(events.c.number).where(
                events.c.conversation == conversation, events.c.submission == key
            )
            if sql.execute(known.limit(1)).first() is None:
                self._insert(sql, conversation, author, body, key)

    def answers(self, submission: Submission) -> List[Event]:
        """Return what was answered to one message, in order."""
        return self._events(
            events.c.conversation == submission.conversation,
            events.c.submission == submission.id,
        )

    def after(self, conversation: str, number: int = 0) -> List[Event]:
        """Return up to 1,000 lines of a conversation after ``number``, in order."""
        return self._events(events.c.conversation == conversation, events.c.number > number)

    def is_known(self, conversation: str) -> bool:
        """Return whether the conversation has lines."""
        return bool(self._events(events.c.conversation == conversation, limit=1))

    def latest_number(self) -> int:
        """Return the number of the newest line of all conversations, 0 when there is none."""
        with reading(self._engine) as sql:
            return sql.execute(select(func.max(events.c.number))).scalar() or 0

    def changed_since(self, number: int) -> Set[str]:
        """Return the conversations that have a line after ``number``."""
        changed = select(events.c.conversation).where(events.c.number > number).distinct()
        with reading(self._engine) as sql:
            return set(sql.execute(changed).scalars())

    def delete(self, conversation: str) -> int:
        """Delete a conversation for good and return how many lines it had.

        Its tokens stop working, and what is still being answered leaves nothing behind.
        """
        with writing(self._engine) as sql:
            take_turns(sql, conversation)
            if not self._is_deleted(sql, conversation):
                sql.execute(insert(deleted).values(conversation=conversation, at=self._clock()))
            hers = select(submissions.c.ticket).where(submissions.c.conversation == conversation)
            sql.execute(delete(taken_up).where(taken_up.c.ticket.in_(hers)))
            sql.execute(delete(submissions).where(submissions.c.conversation == conversation))
            return sql.execute(delete(events).where(events.c.conversation == conversation)).rowcount

    def forget_words(self, conversation: str) -> int:
        """Delete what the patient wrote and keep what she was told; return how many lines."""
        hers = (events.c.conversation == conversation) & (events.c.author == "patient")
        with writing(self._engine) as sql:
            return sql.execute(delete(events).where(hers)).rowcount

    def is_deleted(self, conversation: str) -> bool:
        """Return whether the conversation was deleted."""
        with reading(self._engine) as sql:
            return self._is_deleted(sql, conversation)

    def forget_before(self, at: float) -> int:
        """Delete the lines written before ``at`` (seconds since 1970); return how many."""
        with writing(self._engine) as sql:
            sql.execute(delete(submissions).where(submissions.c.lease < at))
            known = select(submissions.c.ticket)
            sql.execute(delete(taken_up).where(taken_up.c.ticket.not_in(known)))
            sql.execute(delete(deleted).where(deleted.c.at < at))
            return sql.execute(delete(events).where(events.c.at < at)).rowcount

    def _is_deleted(self, sql: Connection, conversation: str) -> bool:
        found = select(deleted.c.at).where(deleted.c.conversation == conversation)
        return sql.execute(found).first() is not None

    def _insert(
        self,
        sql: Connection,
        conversation: str,
        author: str,
        body: Dict[str, Any],
        submission: Optional[str],
    ) -> Event:
        now = self._clock()
        if self._is_deleted(sql, conversation):
            return Event(0, author, body, submission, now)
        number = sql.execute(
            insert(events).values(
                conversation=conversation,
                author=author,
                body=json.dumps(body),
                submission=submission,
                at=now,
            )
        ).inserted_primary_key[0]
        return Event(number, author, body, submission, now)

    def _count_death(self, sql: Connection, ticket: int) -> int:
        before = sql.execute(select(taken_up.c.times).where(taken_up.c.ticket == ticket)).scalar()
        if before is None:
            sql.execute(insert(taken_up).values(ticket=ticket, times=1))
            return 1
        sql.execute(
            update(taken_up).where(taken_up.c.ticket == ticket).values(times=taken_up.c.times + 1)
        )
        return int(before) + 1

    def _has_earlier(self, sql: Connection, conversation: str, ticket: int) -> bool:
        earlier = select(submissions.c.ticket).where(
            submissions.c.conversation == conversation,
            submissions.c.ticket < ticket,
            submissions.c.done.is_(False),
            submissions.c.lease > self._clock(),
        )
        return sql.execute(earlier.limit(1)).first() is not None

    def _extend(self, sql: Connection, ticket: int) -> None:
        sql.execute(
            update(submissions)
            .where(submissions.c.ticket == ticket)
            .values(lease=self._clock() + self._lease)
        )

    def _events(self, *conditions: Any, limit: int = 1000) -> List[Event]:
        statement = select(events).where(*conditions).order_by(events.c.number).limit(limit)
        with reading(self._engine) as sql:
            return [
                Event(row.number, row.author, json.loads(row.body), row.submission, row.at)
                for row in sql.execute(statement)
            ]
