"""Where Rasa keeps conversations: an SQL table, encrypted; an outage neither silences nor loses.

Rasa's own SQL store falls back to memory when its database is away and never writes that back, and
it counts all events of a session for each message. This one has Rasa's table, so Rasa's tools and
``bot.care`` can read it with the key.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Set

from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import Index, create_engine, delete, event, func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql import Select

from bot.channels.in_time import DatabaseHangs, InTime
from bot.encryption import Keyring, decrypt_event, encrypt, keyring
from bot.nlu.kept_trackers import KeptTrackers
from bot.nlu.turn import SAFETY_INTENTS
from bot.nlu.unsaved import Row, UnsavedEvents
from bot.nlu.withheld import REFUSED, intent_of, without_words
from bot.settings import POSTGRESQL_OPTIONS

logger = logging.getLogger(__name__)

EVENTS = SQLTrackerStore.SQLEvent.__table__
#: Finding the latest session, and its events, must not take longer in a long conversation.
INDEXES = (
    Index("ix_events_session", EVENTS.c.sender_id, EVENTS.c.type_name, EVENTS.c.id),
    Index("ix_events_conversation", EVENTS.c.sender_id, EVENTS.c.id),
)
#: A database that failed is left alone for this long, so that not every message waits for it.
PAUSE_SECONDS = 2.0
#: Seconds between two attempts to store what an outage left behind, while nobody writes.
RETRY_SECONDS = 3.0
#: Conversations whose slots are remembered for an outage.
REMEMBERED = 2_000


class ConversationStore(TrackerStore):
    """Keeps every event of every conversation in the database at ``host``.

    ``host`` is an SQLAlchemy address, or the path of an SQLite file. While the database is away,
    events are kept in a file beside the others of this machine and written back in order when it
    answers again; a conversation goes on with the slots it last had. Nothing here raises because
    of the database, nor waits for one that hangs: the patient is answered.
    """

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[str] = None,
        event_broker: Any = None,
        unsaved: str = "var/unsaved",
        **_: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._engine = _engine(host or "")
        self._unsaved = UnsavedEvents(Path(unsaved))
        self._slots: OrderedDict[str, Dict[str, Any]] = OrderedDict()
        self._kept = KeptTrackers()
        self._ready = False
        self._paused_until = 0.0
        self._writing = threading.Lock()
        #: Conversations whose earlier words still have to be taken out, because she refused.
        self._to_withhold: Set[str] = set()
        self._in_time = InTime("conversation store", threads=8)
        self._retrying: Optional[asyncio.Task[None]] = None

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Return the latest session of a conversation, or None when there is none."""
        return await self._tracker(sender_id, True)

    async def retrieve_full_tracker(self, conversation_id: str) -> Optional[DialogueStateTracker]:
        """Return all sessions of a conversation, or None when there is none."""
        return await self._tracker(conversation_id, False)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the events that the tracker got since it was retrieved or last saved."""
        new = list(tracker.events)[await self._known(tracker) :]
        tracker.events_in_store = len(tracker.events)  # type: ignore[attr-defined]
        self._remember(tracker)
        events = [each.as_dict() for each in new]
        refused = tracker.get_slot("consent") == "no"
        if refused:
            events = [without_words(each) for each in events]
            if any(intent_of(each) == REFUSED for each in events):
                self._to_withhold.add(tracker.sender_id)
        newest = await self._put(_rows(tracker.sender_id, events)) if events else None
        # Of a conversation with a new session only that one is read again; and after a refusal what
        # is stored is not what is here.
        if newest and not refused and not any(isinstance(each, SessionStarted) for each in new):
            self._kept.keep(tracker, newest)
        if tracker.sender_id in self._to_withhold:
            await self._withhold(tracker.sender_id)

    async def append(self, sender_id: str, events: Iterable[Event]) -> None:
        """Store events of a conversation whose tracker is not at hand, after all others."""
        await self._put(_rows(sender_id, [event.as_dict() for event in events]))

    async def _withhold(self, sender_id: str) -> None:
        """Take her words out of what was stored before she refused; later when it cannot be now."""

        def rewrite() -> None:
            hers = (EVENTS.c.sender_id == sender_id) & EVENTS.c.type_name.in_(("user", "slot"))
            with self._database().begin() as connection:
                for row in connection.execute(select(EVENTS.c.id, EVENTS.c.data).where(hers)).all():
                    before = json.loads(decrypt_event(row.data))
                    if (after := without_words(before)) != before:
                        data = encrypt(json.dumps(after))
                        connection.execute(
                            update(EVENTS).where(EVENTS.c.id == row.id).values(data=data)
                        )

        try:
            await self._in_time(rewrite)
            self._to_withhold.discard(sender_id)
        except SQLAlchemyError as error:
            self._pause(error)

    async def keys(self) -> Iterable[str]:
        """Return the ids of all conversations; none while the database is away."""

        def read() -> List[str]:
            with self._database().connect() as connection:
                return list(connection.execute(select(EVENTS.c.sender_id).distinct()).scalars())

        try:
            return await self._in_time(read)
        except SQLAlchemyError as error:
            self._pause(error)
            return []

    async def erase(self, sender_id: str) -> None:
        """Delete every event of a conversation for good.

        Raises SQLAlchemyError while the database is away, OSError while events of the conversation
        still wait to be stored.
        """
        await asyncio.to_thread(self._erase, sender_id)

    async def answers(self) -> bool:
        """Return whether the database takes events now."""
        return await self._in_time(self._write_back) and not len(self._unsaved)

    async def _known(self, tracker: DialogueStateTracker) -> int:
        known = getattr(tracker, "events_in_store", None)
        if known is None:
            stored = await self.retrieve(tracker.sender_id)
            known = len(stored.events) if stored else 0
        return known

    async def _tracker(self, sender_id: str, latest: bool) -> Optional[DialogueStateTracker]:
        kept = self._kept.take(sender_id) if latest else None
        try:
            if kept and await self._in_time(self._is_newest, sender_id, kept.newest):
                return kept.tracker
            rows = await self._in_time(self._stored, sender_id, latest)
        except DatabaseHangs:
            rows = None
        keys = keyring()
        events = [json.loads(decrypt_event(row, keys)) for row in rows or ()]
        if rows is None:
            # The database is away: what is known of her is the slots, and what came since.
            events = [each.as_dict() for each in self._resumed(sender_id)]
        events += [json.loads(decrypt_event(row["data"])) for row in self._unsaved.of(sender_id)]
        if not events:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        tracker.events_in_store = len(tracker.events)
        return tracker

    def _stored(self, sender_id: str, latest_session: bool) -> Optional[List[str]]:
        return self._read(sender_id, latest_session) if self._write_back() else None

    def _is_newest(self, sender_id: str, number: int) -> bool:
        """Return whether nothing was added to a conversation, nor erased, since an event of it."""
        if len(self._unsaved):
            return False
        try:
            with self._database().connect() as connection:
                return connection.execute(_newest(sender_id)).scalar() == number
        except SQLAlchemyError as error:
            self._pause(error)
            return False

    def _resumed(self, sender_id: str) -> List[Event]:
        slots = self._slots.get(sender_id)
        if slots is None:
            return []
        filled = [SlotSet(name, value) for name, value in slots.items()]
        return [SessionStarted(), *filled, ActionExecuted(ACTION_LISTEN_NAME)]

    def _read(self, sender_id: str, latest_session: bool) -> Optional[List[str]]:
        query = select(EVENTS.c.data).where(EVENTS.c.sender_id == sender_id).order_by(EVENTS.c.id)
        try:
            with self._database().connect() as connection:
                if latest_session:
                    began = connection.execute(
                        select(func.max(EVENTS.c.id)).where(
                            EVENTS.c.sender_id == sender_id,
                            EVENTS.c.type_name == SessionStarted.type_name,
                        )
                    ).scalar()
                    query = query.where(EVENTS.c.id >= (began or 0))
                return list(connection.execute(query).scalars())
        except SQLAlchemyError as error:
            self._pause(error)
            return None

    def _erase(self, sender_id: str) -> None:
        self._write_back()
        with self._database().begin() as connection:
            connection.execute(delete(EVENTS).where(EVENTS.c.sender_id == sender_id))
        self._slots.pop(sender_id, None)
        self._kept.take(sender_id)
        if self._unsaved.of(sender_id):
            raise OSError("Events of this conversation wait to be stored; try again.")

    def write_back_soon(self) -> None:
        """Store what waits in ``unsaved`` as soon as the database answers, also if nobody writes.

        An emergency may be among it, which care cannot find before.
        """
        if len(self._unsaved) and (self._retrying is None or self._retrying.done()):
            self._retrying = asyncio.ensure_future(self._retry())

    async def _retry(self) -> None:
        while len(self._unsaved):
            await asyncio.sleep(RETRY_SECONDS)
            with contextlib.suppress(DatabaseHangs):
                await self._in_time(self._write_back)

    async def _put(self, rows: List[Row]) -> Optional[int]:
        """Store events and return the number of the last, or None while they wait to be stored."""
        newest = None
        try:
            newest = await self._in_time(self._append, rows)
        except DatabaseHangs:
            # Whether they are stored is not known yet; ``_append`` settles that when it comes back.
            await asyncio.to_thread(self._unsaved.add, rows)
        self.write_back_soon()
        return newest

    def _append(self, rows: List[Row]) -> Optional[int]:
        with self._writing:
            if self._unsaved.has(rows):
                return None
            newest = None if len(self._unsaved) else self._write(rows)
            if newest:
                self._unsaved.remove(rows)
            elif not self._unsaved.has(rows):
                self._unsaved.add(rows)
            return newest

    def _write_back(self) -> bool:
        """Store what an outage left behind, in order. Returns whether the database answers."""
        if time.monotonic() < self._paused_until:
            return False
        with self._writing:
            if not len(self._unsaved):
                return True
            rows = self._unsaved.all()
            if not self._write(rows):
                return False
            self._unsaved.forget(len(rows))
            logger.warning("%d conversation events of an outage are stored now", len(rows))
            return True

    def _write(self, rows: List[Row]) -> Optional[int]:
        """Return the number of the last of ``rows``, or None when they are not stored."""
        if time.monotonic() < self._paused_until:
            return None
        try:
            with self._database().begin() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA synchronous={_care_taken(rows)}")
                connection.execute(insert(EVENTS), rows)
                return connection.execute(_newest(rows[-1]["sender_id"])).scalar()
        except SQLAlchemyError as error:
            self._pause(error)
            return None

    def _database(self) -> Engine:
        """Return the engine, with the table made. Raises SQLAlchemyError while it is away."""
        if not self._ready:
            EVENTS.create(self._engine, checkfirst=True)
            for index in INDEXES:
                index.create(self._engine, checkfirst=True)
            self._ready = True
        return self._engine

    def _remember(self, tracker: DialogueStateTracker) -> None:
        values = tracker.current_slot_values()
        self._slots[tracker.sender_id] = {k: v for k, v in values.items() if v is not None}
        self._slots.move_to_end(tracker.sender_id)
        while len(self._slots) > REMEMBERED:
            self._slots.popitem(last=False)

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_SECONDS
        logger.error("conversation store does not answer: %s", type(error).__name__)


def _newest(sender_id: str) -> Select:
    return select(func.max(EVENTS.c.id)).where(EVENTS.c.sender_id == sender_id)


def _rows(sender_id: str, events: Iterable[Dict[str, Any]]) -> List[Row]:
    keys = keyring()
    return [_row(sender_id, each, keys) for each in events]


def _row(sender_id: str, data: Dict[str, Any], keys: Keyring) -> Row:
    return {
        "sender_id": sender_id,
        "type_name": data["event"],
        "timestamp": data.get("timestamp"),
        "intent_name": intent_of(data) or None,
        "action_name": data.get("name"),
        "data": keys.encrypt(json.dumps(data)),
    }


def _care_taken(rows: List[Row]) -> str:
    """Return how SQLite writes: a message that is about safety waits until the disk has it.

    Any other is safe when a process dies, but a power cut may take the last ones.
    """
    return "FULL" if any(row["intent_name"] in SAFETY_INTENTS for row in rows) else "NORMAL"


def _engine(host: str) -> Engine:
    if "://" in host and not host.startswith("sqlite"):
        return create_engine(
            host,
            future=True,
            pool_pre_ping=True,
            connect_args={**POSTGRESQL_OPTIONS, "connect_timeout": 2},
        )
    address = host if "://" in host else f"sqlite:///{host}"
    engine = create_engine(
        address,
        future=True,
        poolclass=QueuePool,
        connect_args={"check_same_thread": False, "timeout": 2},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        # Readers (care) never wait for the writer, nor it for them.
        connection.execute("PRAGMA journal_mode=WAL")
        # What is erased must not stay in the free space of the file.
        connection.execute("PRAGMA secure_delete=ON")

    return engine
