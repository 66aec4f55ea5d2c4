"""What patients sent through messaging providers: taken in once, answered once and in order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any, Callable, List, Optional

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bot.channels.database import reading, take_turns, writing
from bot.channels.messaging.lease import Lease
from bot.channels.messaging.received import Received
from bot.channels.messaging.tables import conversations, inbox, keys, outgoing

#: A message that brought the process down this often gets the safe text instead.
MOST_ATTEMPTS = 3
#: Messages of one conversation that may wait; more are dropped, emergencies excepted.
MOST_WAITING = 100


@dataclass(frozen=True)
class Taken:
    """A message that is waiting: where it stands in the row and whose it is."""

    conversation: str
    #: False: it was known already, or one too many.
    new: bool
    dropped: bool = False


@dataclass(frozen=True)
class Waiting:
    """The next message of a conversation that has to be answered."""

    number: int
    conversation: str
    received: Received
    attempts: int
    slow: bool
    choices: List[str]
    stopped: bool


class Inbox:
    """Messages of one connector; safe to use from any thread and any process."""

    def __init__(
        self, engine: Engine, connector: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._connector, self._clock = engine, connector, clock
        #: Which process answers in a conversation.
        self.lease = Lease(
            engine, conversations.c.answering, conversations.c.answering_until, clock
        )
        self._key = _shared_key(engine, "address")

    def conversation(self, channel: str, address: str) -> str:
        """Return the id of the conversation with an address: a keyed hash, always the same."""
        digest = hmac.new(self._key, f"{channel}:{address}".encode(), hashlib.sha256).digest()
        return f"{channel}-{base64.b32encode(digest[:20]).decode().lower()}"

    def take(self, received: Received, slow: bool = False, urgent: bool = False) -> Taken:
        """Take a message in, once per provider's id, whichever process it reaches.

        A change that changed no word counts as known. Raises SQLAlchemyError.
        """
        id = self.conversation(received.channel, received.address)
        try:
            with writing(self._engine) as sql:
                take_turns(sql, id)
                return self._take(sql, id, received, slow, urgent)
        except IntegrityError:
            # Another process took the same message in at the same moment.
            return Taken(id, new=False)

    def _take(
        self, sql: Connection, id: str, received: Received, slow: bool, urgent: bool
    ) -> Taken:
        if sql.execute(
            select(inbox.c.number).where(
                inbox.c.connector == self._connector, inbox.c.message_id == received.id
            )
        ).first():
            return Taken(id, new=False)
        now, digest = self._clock(), self._digest(id, received.text)
        waiting = len(
            sql.execute(
                select(inbox.c.number)
                .where(inbox.c.conversation == id, inbox.c.state == "waiting")
                .limit(2 * MOST_WAITING)
            ).all()
        )
        dropped = waiting >= (2 * MOST_WAITING if urgent else MOST_WAITING)
        known = sql.execute(select(conversations.c.id).where(conversations.c.id == id)).first()
        if known is None:
            sql.execute(
                insert(conversations).values(
                    id=id,
                    connector=self._connector,
                    channel=received.channel,
                    address=received.address,
                    last_in_at=now,
                )
            )
        else:
            sql.execute(
                update(conversations).where(conversations.c.id == id).values(last_in_at=now)
            )
        unchanged = received.edited and self._last_digest(sql, id, received) == digest
        handled = dropped or unchanged
        sql.execute(
            insert(inbox).values(
                connector=self._connector,
                message_id=received.id,
                conversation=id,
                body=None if handled else json.dumps(asdict(received)),
                state="done" if handled else "waiting",
                slow=slow,
                urgent=urgent,
                original=received.original,
                digest=digest,
                at=now,
            )
        )
        return Taken(id, new=not handled, dropped=dropped)

    def next(self, conversation: str) -> Optional[Waiting]:
        """Return the oldest message that waits, counting the attempt, or None."""
        with writing(self._engine) as sql:
            row = sql.execute(
                select(inbox, conversations.c.choices, conversations.c.stopped_at)
                .join(conversations, conversations.c.id == inbox.c.conversation)
                .where(inbox.c.conversation == conversation, inbox.c.state == "waiting")
                .order_by(inbox.c.number)
                .limit(1)
            ).one_or_none()
            if row is None:
                return None
            sql.execute(
                update(inbox)
                .where(inbox.c.number == row.number)
                .values(attempts=inbox.c.attempts + 1)
            )
            return Waiting(
                number=row.number,
                conversation=conversation,
                received=Received(**json.loads(row.body)),
                attempts=row.attempts + 1,
                slow=row.slow,
                choices=json.loads(row.choices) if row.choices else [],
                stopped=row.stopped_at is not None,
            )

    def urgent_waits(self, conversation: str) -> bool:
        """Return whether an emergency is among the messages that wait."""
        with reading(self._engine) as sql:
            found = sql.execute(
                select(inbox.c.number).where(
                    inbox.c.conversation == conversation,
                    inbox.c.state == "waiting",
                    inbox.c.urgent,
                )
            )
            return found.first() is not None

    def done(self, number: int) -> None:
        """Record that a message is answered, and forget its words."""
        with writing(self._engine) as sql:
            sql.execute(
                update(inbox).where(inbox.c.number == number).values(state="done", body=None)
            )

    def unanswered(self) -> List[str]:
        """Return the conversations with a message that waits and that no process answers now."""
        with reading(self._engine) as sql:
            rows = sql.execute(
                select(inbox.c.conversation)
                .join(conversations, conversations.c.id == inbox.c.conversation)
                .where(
                    inbox.c.connector == self._connector,
                    inbox.c.state == "waiting",
                    conversations.c.answering_until < self._clock(),
                )
                .distinct()
            )
            return [row.conversation for row in rows]

    def set_stopped(self, conversation: str, stopped: bool) -> None:
        """Record that she wants no messages she did not ask for, or wants them again."""
        self._change(conversation, stopped_at=self._clock() if stopped else None)

    def set_choices(self, conversation: str, choices: List[str]) -> None:
        """Record what the numbers of the list that is sent now stand for."""
        self._change(conversation, choices=json.dumps(choices) if choices else None)

    def forget_before(self, at: float) -> int:
        """Delete the ids of answered messages from before ``at``; return how many."""
        with writing(self._engine) as sql:
            return sql.execute(
                delete(inbox).where(
                    inbox.c.connector == self._connector, inbox.c.state == "done", inbox.c.at < at
                )
            ).rowcount

    def idle_since(self, at: float) -> List[str]:
        """Return up to 100 conversations in which she wrote nothing since ``at``."""
        with reading(self._engine) as sql:
            rows = sql.execute(
                select(conversations.c.id)
                .where(
                    conversations.c.connector == self._connector, conversations.c.last_in_at < at
                )
                .limit(100)
            )
            return [row.id for row in rows]

    def forget(self, conversation: str) -> None:
        """Delete everything about one conversation, its address included."""
        forget(self._engine, conversation)

    def _change(self, conversation: str, **values: Any) -> None:
        with writing(self._engine) as sql:
            sql.execute(
                update(conversations).where(conversations.c.id == conversation).values(**values)
            )

    def _last_digest(self, sql: Connection, id: str, received: Received) -> Optional[str]:
        return sql.execute(
            select(inbox.c.digest)
            .where(inbox.c.conversation == id, inbox.c.original == received.original)
            .order_by(inbox.c.number.desc())
            .limit(1)
        ).scalar_one_or_none()

    def _digest(self, id: str, text: Optional[str]) -> str:
        data = f"{id}:{text or ''}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()


def forget(engine: Engine, conversation: str) -> None:
    """Delete everything about one conversation, its address included, whatever its connector."""
    with writing(engine) as sql:
        sql.execute(delete(outgoing).where(outgoing.c.conversation == conversation))
        sql.execute(delete(inbox).where(inbox.c.conversation == conversation))
        sql.execute(delete(conversations).where(conversations.c.id == conversation))


def _shared_key(engine: Engine, name: str) -> bytes:
    """Return a key that lives in the database, sealed: made once, the same for every process."""
    with writing(engine) as sql:
        take_turns(sql, f"key {name}")
        found = sql.execute(select(keys.c.key).where(keys.c.name == name)).scalar_one_or_none()
        if found is None:
            found = secrets.token_hex(32)
            sql.execute(insert(keys).values(name=name, key=found))
    return bytes.fromhex(found)
