"""What still has to reach patients through messaging providers, what did, and what never will.

Imports neither Rasa nor a web server: the nurse desk reads ``undelivered`` in another process.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from sqlalchemy import case, delete, func, insert, or_, select, update
from sqlalchemy.engine import Engine

from bot.channels import database
from bot.channels.database import reading, take_turns, writing
from bot.channels.messaging.lease import Lease
from bot.channels.messaging.tables import conversations, outgoing
from bot.settings import Settings

#: Seconds to wait after each failed attempt; then it is given up and shown to the nurses.
RETRIES = (2, 5, 15, 60, 300, 900, 1800, 3600, 3600, 3600, 3600, 3600)


@dataclass(frozen=True)
class Undelivered:
    """A message that has not reached a patient: ``failed`` for good, or ``due`` for a retry."""

    number: int
    channel: str
    conversation_id: str
    state: str
    attempts: int
    reason: str
    #: Seconds since 1970.
    since: float


@dataclass(frozen=True)
class Due:
    """The next message to send in a conversation."""

    number: int
    channel: str
    address: str
    body: Dict[str, Any]
    attempts: int
    last_in_at: float


class Outgoing:
    """Messages of one connector on their way out; safe to use from any thread and process."""

    def __init__(
        self, engine: Engine, connector: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._connector, self._clock = engine, connector, clock
        #: Which process sends in a conversation.
        self.lease = Lease(engine, conversations.c.sending, conversations.c.sending_until, clock)

    def add(self, conversation: str, parts: Sequence[Dict[str, Any]], key: str) -> List[int]:
        """Add the parts of one message in order; return their numbers.

        A second call with the same key changes nothing and returns the numbers of the first. What
        waits for a retry in this conversation is tried again as soon as the provider allows, to
        keep the order.
        """
        now, numbers = self._clock(), []
        with writing(self._engine) as sql:
            take_turns(sql, conversation)
            sql.execute(
                update(outgoing)
                .where(outgoing.c.conversation == conversation, outgoing.c.state == "due")
                .values(
                    due_at=case((outgoing.c.not_before > now, outgoing.c.not_before), else_=now)
                )
            )
            for index, part in enumerate(parts):
                part_key = f"{self._connector}:{key}:{index}"
                known = sql.execute(
                    select(outgoing.c.number).where(outgoing.c.key == part_key)
                ).scalar_one_or_none()
                if known is None:
                    known = sql.execute(
                        insert(outgoing).values(
                            connector=self._connector,
                            conversation=conversation,
                            key=part_key,
                            body=json.dumps(part),
                            state="due",
                            due_at=now,
                            created_at=now,
                        )
                    ).inserted_primary_key[0]
                numbers.append(known)
        return numbers

    def next(self, conversation: str) -> Optional[Due]:
        """Return the oldest message that has to go out, or None when there is none or it waits."""
        with reading(self._engine) as sql:
            row = sql.execute(
                select(
                    outgoing,
                    conversations.c.channel,
                    conversations.c.address,
                    conversations.c.last_in_at,
                )
                .join(conversations, conversations.c.id == outgoing.c.conversation)
                .where(outgoing.c.conversation == conversation, outgoing.c.state == "due")
                .order_by(outgoing.c.number)
                .limit(1)
            ).first()
        if row is None or row.due_at > self._clock():
            return None
        return Due(
            number=row.number,
            channel=row.channel,
            address=row.address,
            body=json.loads(row.body),
            attempts=row.attempts,
            last_in_at=row.last_in_at,
        )

    def waiting(self) -> List[str]:
        """Return the conversations in which a message is due and that no process sends now."""
        now = self._clock()
        with reading(self._engine) as sql:
            oldest = (
                select(func.min(outgoing.c.number))
                .where(outgoing.c.connector == self._connector, outgoing.c.state == "due")
                .group_by(outgoing.c.conversation)
            )
            rows = sql.execute(
                select(outgoing.c.conversation)
                .join(conversations, conversations.c.id == outgoing.c.conversation)
                .where(
                    outgoing.c.number.in_(oldest),
                    outgoing.c.due_at <= now,
                    conversations.c.sending_until < now,
                )
            )
            return [row.conversation for row in rows]

    def sent(self, number: int, provider_id: Optional[str]) -> None:
        """Record that the provider took a message; its words are forgotten."""
        self._change(
            number,
            state="sent",
            body=None,
            reason=None,
            provider_id=provider_id,
            attempts=outgoing.c.attempts + 1,
            finished_at=self._clock(),
        )

    def later(self, due: Due, reason: str, seconds: float = 0.0) -> None:
        """Record a failed attempt; the next one comes after ``seconds`` or as RETRIES says."""
        if due.attempts >= len(RETRIES):
            return self.failed(due.number, f"given up after {due.attempts + 1} attempts: {reason}")
        self._change(
            due.number,
            reason=reason[:200],
            attempts=outgoing.c.attempts + 1,
            due_at=self._clock() + max(seconds, RETRIES[due.attempts]),
            not_before=self._clock() + seconds,
        )

    def failed(self, number: int, reason: str) -> None:
        """Record that a message will never arrive, and why; nurses see it."""
        self._change(
            number,
            state="failed",
            body=None,
            reason=reason[:200],
            attempts=outgoing.c.attempts + 1,
            finished_at=self._clock(),
        )

    def report(self, provider_id: str, status: str, failure: Optional[str] = None) -> None:
        """Record what the provider says of a message since; ``failure`` says that it was lost."""
        values: Dict[str, Any] = {"status": status[:32]}
        if failure:
            values.update(state="failed", reason=failure[:200])
        with writing(self._engine) as sql:
            sql.execute(
                update(outgoing)
                .where(
                    outgoing.c.connector == self._connector, outgoing.c.provider_id == provider_id
                )
                .values(**values)
            )

    def outcome(self, numbers: Sequence[int]) -> List[Tuple[str, str]]:
        """Return state and reason of messages, in order."""
        with reading(self._engine) as sql:
            rows = sql.execute(
                select(outgoing.c.state, outgoing.c.reason)
                .where(outgoing.c.number.in_(list(numbers)))
                .order_by(outgoing.c.number)
            )
            return [(row.state, row.reason or "") for row in rows]

    def stopped(self, conversation: str) -> Optional[bool]:
        """Return whether she asked for no more messages; None for an unknown conversation."""
        with reading(self._engine) as sql:
            row = sql.execute(
                select(conversations.c.stopped_at).where(
                    conversations.c.id == conversation,
                    conversations.c.connector == self._connector,
                )
            ).first()
        return None if row is None else row.stopped_at is not None

    def forget_before(self, at: float) -> int:
        """Delete what was sent or given up before ``at``; return how many."""
        with writing(self._engine) as sql:
            return sql.execute(
                delete(outgoing).where(
                    outgoing.c.connector == self._connector,
                    outgoing.c.state != "due",
                    outgoing.c.finished_at < at,
                )
            ).rowcount

    def _change(self, number: int, **values: Any) -> None:
        with writing(self._engine) as sql:
            sql.execute(update(outgoing).where(outgoing.c.number == number).values(**values))


def undelivered(settings: Settings, limit: int = 100) -> List[Undelivered]:
    """Return what has not reached patients through messaging channels, newest first.

    That is what failed for good, and what has failed at least once and is tried again. Raises
    SQLAlchemyError when the channels' database cannot be read.
    """
    engine = database.engine(database.address(settings))
    with reading(engine) as sql:
        rows = sql.execute(
            select(outgoing, conversations.c.channel)
            .join(conversations, conversations.c.id == outgoing.c.conversation)
            .where(
                or_(
                    outgoing.c.state == "failed",
                    (outgoing.c.state == "due") & (outgoing.c.attempts > 0),
                )
            )
            .order_by(outgoing.c.number.desc())
            .limit(limit)
        )
        return [
            Undelivered(
                number=row.number,
                channel=row.channel,
                conversation_id=row.conversation,
                state=row.state,
                attempts=row.attempts,
                reason=row.reason or "",
                since=row.created_at,
            )
            for row in rows
        ]
