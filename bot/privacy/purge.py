"""Removes what is older than the settings say that it is kept. The audit is never touched."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from sqlalchemy import Table, and_, delete, exists, func, or_, select, update

from bot.care import audit
from bot.care.clock import now
from bot.care.database import leave_no_trace, reading, transaction
from bot.care.models import Alert, Base, CheckIn, Episode, Patient
from bot.care.worker import Worker
from bot.channels.messaging import tables as messaging
from bot.channels.store import deleted, events, submissions
from bot.privacy.stores import EVENTS, Store, stores
from bot.settings import Settings

logger = logging.getLogger(__name__)

PURGED = "old data removed"
INTERVAL_SECONDS = 6 * 3600.0
_DAY = 24 * 3600.0


class Rule(NamedTuple):
    """The rows of one table that are too old. ``kind`` is the name in the settings."""

    kind: str
    store: str
    table: Table
    old: Any


class Purge(Worker):
    """Purges every few hours, from the start of care on."""

    name = "purge"

    def __init__(self, settings: Settings) -> None:
        super().__init__(interval=INTERVAL_SECONDS)
        self._settings = settings

    def work(self) -> bool:
        """Purge once."""
        removed = sum(purge(self._settings).values())
        if removed:
            logger.info("purge: %d rows were older than the settings keep them", removed)
        return False


def purge(settings: Settings, *, dry_run: bool = False, tidy: bool = False) -> Dict[str, int]:
    """Remove what is too old and return how many rows by ``kind: store.table``.

    With ``dry_run`` nothing is removed. With ``tidy`` the files are written anew even when nothing
    was: an earlier run or an erasure may have found them busy. What belongs to an open episode
    stays. Raises SQLAlchemyError when a store is away; what was removed before stays removed.
    """
    found = {store.name: store for store in stores(settings)}
    result: Dict[str, int] = {}
    for name, store in found.items():
        rules = [rule for rule in _rules(settings) if rule.store == name]
        counts = _counted(store, rules) if dry_run else _removed(settings, store, rules)
        result.update(counts)
        if dry_run or not (tidy or any(counts.values())):
            continue
        if not leave_no_trace(store.engine):
            logger.warning(
                "purge: the file of %s was too busy to be written anew, so removed rows may still "
                "stand in it; run `python -m bot purge` again when it is quiet",
                name,
            )
    return result


def _counted(store: Store, rules: List[Rule]) -> Dict[str, int]:
    with store.reading() as connection:
        return {
            _name(rule): connection.execute(
                select(func.count()).select_from(rule.table).where(rule.old)
            ).scalar_one()
            for rule in rules
        }


def _removed(settings: Settings, store: Store, rules: List[Rule]) -> Dict[str, int]:
    if store.name != "care":
        with store.engine.begin() as connection:
            return {
                _name(rule): connection.execute(delete(rule.table).where(rule.old)).rowcount
                for rule in rules
            }
    with transaction(settings) as session:
        closed = _closed_before(settings)
        if closed is not None:
            # A check-in may be younger than the episode it came from.
            session.execute(
                update(CheckIn)
                .where(CheckIn.episode_id.in_(closed))
                .values(episode_id=None)
                .execution_options(synchronize_session=False)
            )
        counts = {
            _name(rule): session.execute(
                delete(rule.table).where(rule.old).execution_options(synchronize_session=False)
            ).rowcount
            for rule in rules
        }
        if any(counts.values()):
            audit.record(session, actor="purge", action=PURGED, rows=counts)
        return counts


def _rules(settings: Settings) -> List[Rule]:
    return [
        Rule(kind, store, table, old)
        for part in (_care(settings), _channels(settings), _conversations(settings))
        for kind, store, table, old in part
    ]


def _care(settings: Settings) -> Iterator[Tuple[str, str, Table, Any]]:
    tables = Base.metadata.tables
    closed = _closed_before(settings)
    if closed is not None:
        alerts = select(Alert.id).where(Alert.episode_id.in_(closed))
        for name in ("acknowledgements", "notes", "deliveries", "ladder_steps"):
            yield "closed_episodes", "care", tables[name], tables[name].c.alert_id.in_(alerts)
        for name in ("alerts", "assessments", "messages"):
            yield "closed_episodes", "care", tables[name], tables[name].c.episode_id.in_(closed)
        yield "closed_episodes", "care", tables["episodes"], tables["episodes"].c.id.in_(closed)
    over = {
        "check_ins": ("check_ins", ("answered", "unanswered", "cancelled"), "due_at"),
        "outgoing": ("outgoing_messages", ("sent", "failed"), "finished_at"),
    }
    for kind, (name, states, column) in over.items():
        if settings.retention[kind]:
            table = tables[name]
            old = and_(table.c.state.in_(states), table.c[column] < _moment(settings, kind))
            yield kind, "care", table, old
    if settings.retention["plans"]:
        table = tables["plans"]
        yield "plans", "care", table, table.c.updated_at < _moment(settings, "plans")
    if settings.retention["conversations"]:
        patients = tables["patients"]
        nothing = [
            ~exists().where(tables[name].c.patient_id == patients.c.id)
            for name in ("episodes", "check_ins", "outgoing_messages", "plans")
        ]
        old = and_(patients.c.created_at < _moment(settings, "conversations"), *nothing)
        yield "conversations", "care", patients, old


def _channels(settings: Settings) -> Iterator[Tuple[str, str, Table, Any]]:
    kind = "channel_records"
    if settings.retention[kind]:
        before = _seconds(settings, kind)
        yield kind, "channels", events, events.c.at < before
        yield kind, "channels", submissions, submissions.c.lease < before
        yield kind, "channels", deleted, deleted.c.at < before
        inbox = messaging.inbox
        yield kind, "channels", inbox, and_(inbox.c.state == "done", inbox.c.at < before)
    sent = messaging.outgoing
    if settings.retention["outgoing"]:
        before = _seconds(settings, "outgoing")
        old = and_(sent.c.state != "due", sent.c.finished_at < before)
        yield "outgoing", "channels", sent, old
    if settings.retention["conversations"]:
        reached, inbox = messaging.conversations, messaging.inbox
        idle = and_(
            reached.c.last_in_at < _seconds(settings, "conversations"),
            reached.c.id.not_in(_open_conversations(settings)),
            ~exists().where(sent.c.conversation == reached.c.id, sent.c.state == "due"),
            ~exists().where(inbox.c.conversation == reached.c.id, inbox.c.state == "waiting"),
        )
        yield "conversations", "channels", reached, idle


def _conversations(settings: Settings) -> Iterator[Tuple[str, str, Table, Any]]:
    if not settings.retention["conversations"]:
        return
    before = _seconds(settings, "conversations")
    other = EVENTS.alias("other")
    of_same = other.c.sender_id == EVENTS.c.sender_id
    session_began = (
        select(func.max(other.c.id))
        .where(of_same, other.c.type_name == "session_started")
        .scalar_subquery()
    )
    # The session that is going on stays whole, because the next answer depends on it.
    is_idle = ~exists().where(of_same, other.c.timestamp >= before)
    old = and_(
        EVENTS.c.timestamp < before,
        EVENTS.c.sender_id.not_in(_open_conversations(settings)),
        or_(EVENTS.c.id < session_began, is_idle),
    )
    yield "conversations", "conversations", EVENTS, old


def _open_conversations(settings: Settings) -> List[str]:
    """Return the conversations of patients whom a nurse still looks after."""
    query = select(Patient.conversation_id).join(Episode).where(Episode.closed_at.is_(None))
    with reading(settings) as session:
        return list(session.execute(query).scalars())


def _closed_before(settings: Settings) -> Any:
    if not settings.retention["closed_episodes"]:
        return None
    return select(Episode.id).where(Episode.closed_at < _moment(settings, "closed_episodes"))


def _moment(settings: Settings, kind: str) -> Any:
    return now() - timedelta(days=settings.retention[kind])


def _seconds(settings: Settings, kind: str) -> float:
    return time.time() - settings.retention[kind] * _DAY


def _name(rule: Rule) -> str:
    return f"{rule.kind}: {rule.store}.{rule.table.name}"
