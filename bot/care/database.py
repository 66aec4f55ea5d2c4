"""The care database: engine, transactions and migrations, on SQLite or PostgreSQL."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Callable, Iterator, List

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.orm import Session

from bot.care.escalation import load_escalation
from bot.settings import POSTGRESQL_OPTIONS, PROJECT, Settings

logger = logging.getLogger(__name__)

#: Seconds a writer waits for another one before the database reports that it is locked.
BUSY_SECONDS = 15
#: Any number that no other program of the clinic's PostgreSQL uses for its advisory locks.
_MIGRATION_LOCK = 7_120_221

_listeners: List[Callable[[], None]] = []
_engine_lock = threading.Lock()


@contextmanager
def transaction(settings: Settings) -> Iterator[Session]:
    """Give a session whose work is committed at the end, or rolled back on any exception.

    On SQLite the write lock is taken at once, so that two processes queue up instead of failing
    half-way. Call it from a worker thread, never on the event loop.
    """
    with Session(_engine(settings.care_database), future=True, expire_on_commit=False) as session:
        session.info["escalation"] = load_escalation(settings.escalation)
        event.listen(session, "after_flush", _note_change)
        with session.begin():
            yield session
        has_changed = session.info.get("has_changed", False)
    if has_changed:
        for listener in list(_listeners):
            listener()


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """Give a session that only reads; it never waits for a writer."""
    engine = _engine(settings.care_database).execution_options(reads_only=True)
    with Session(engine, future=True, expire_on_commit=False) as session:
        yield session


def on_commit(listener: Callable[[], None]) -> Callable[[], None]:
    """Call ``listener`` after each commit of this process that changed something.

    Returns a function that stops it.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def migrate(settings: Settings) -> None:
    """Bring the care database to the current schema, with one progress line when work is done.

    Safe to call from several processes at once: the second waits and finds nothing to do. Raises
    SQLAlchemyError when the database cannot be reached.
    """
    engine = _engine(settings.care_database)
    config = _alembic_config()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
        before = MigrationContext.configure(connection).get_current_revision()
        head = ScriptDirectory.from_config(config).get_current_head()
        if before == head:
            return
        logger.info("care database: migrating from %s to %s", before or "empty", head)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    # A migration may have sealed what was in the clear; the pages of the old rows are still there.
    if before is not None and not leave_no_trace(engine):
        logger.warning("care database: its file was busy and could not be written anew")


def is_current(settings: Settings) -> bool:
    """Return whether the database answers and has the schema this program expects."""
    with _engine(settings.care_database).execution_options(reads_only=True).connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision == ScriptDirectory.from_config(_alembic_config()).get_current_head()


def engine(settings: Settings) -> Engine:
    """Return this process's engine for the care database of these settings."""
    return _engine(settings.care_database)


def leave_no_trace(engine: Engine) -> bool:
    """Write a SQLite file anew and empty its log, so that deleted rows are nowhere in it.

    Returns False when somebody reads or writes for so long that the log could not be emptied.
    PostgreSQL is told to free what was deleted. Raises SQLAlchemyError when the database fails.
    """
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
        return True
    raw = engine.raw_connection()
    try:
        driver = raw.dbapi_connection
        before, driver.isolation_level = driver.isolation_level, None
        try:
            # VACUUM works outside of transactions only.
            driver.execute("VACUUM")
            return not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            return False
        finally:
            driver.isolation_level = before
    finally:
        raw.close()


def dispose(settings: Settings) -> None:
    """Close the connections to the database of these settings."""
    _engine(settings.care_database).dispose()


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    return config


def _engine(address: str) -> Engine:
    # cache alone may build two engines when two threads come first at the same moment.
    with _engine_lock:
        return _build_engine(address)


@cache
def _build_engine(address: str) -> Engine:
    # hide_parameters: the text of an error would otherwise hold what the patient wrote.
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            future=True,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=dict(POSTGRESQL_OPTIONS),
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, future=True, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_change(session: Session, context: Any) -> None:
    session.info["has_changed"] = True


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver's own transaction handling begins too late (at the first write, after reads have
    # been made); BEGIN is sent by _begin_sqlite instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: an alert that was confirmed must still be there after a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # What is erased must not stay in the free space of the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
