"""The database of the channels: one engine per process, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Iterator

from sqlalchemy import BigInteger, Integer, MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import QueuePool

from bot.settings import POSTGRESQL_OPTIONS, Settings

#: Every table of the channels belongs to this; ``prepare`` makes those that are missing.
metadata = MetaData()
#: A column that grows with each row and never gives a number twice; on SQLite only in a table with
#: ``sqlite_autoincrement=True``.
Number = BigInteger().with_variant(Integer, "sqlite")

#: Seconds a writer waits for another one before the database reports that it is locked.
_BUSY_SECONDS = 5
#: Any number that no other program of the clinic's PostgreSQL uses for its advisory locks.
_TABLES_LOCK, _CONVERSATION_LOCK = 7_120_231, 7_120_232

_engine_lock = threading.Lock()


def address(settings: Settings) -> str:
    """Return the address of the database for these settings."""
    return settings.channel_database or f"sqlite:///{settings.folder}/channels.db"


def engine(address: str) -> Engine:
    """Return this process's engine for an address; every table exists when it is returned.

    Raises SQLAlchemyError when the database cannot be reached, OSError when the folder of a SQLite
    file cannot be written.
    """
    # cache alone may build two engines when two threads come first at the same moment.
    with _engine_lock:
        found = _build(address)
        prepare(found)
        return found


def prepare(engine: Engine) -> None:
    """Make the tables that are missing; safe when several processes start at once."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _TABLES_LOCK})
        metadata.create_all(connection)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose work is committed at the end, or rolled back on any exception.

    On SQLite the write lock is taken at once, so that two processes queue up instead of failing
    half-way. Call it from a worker thread, never on the event loop.
    """
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that only reads; it never waits for a writer."""
    with engine.connect().execution_options(reads_only=True) as connection:
        yield connection


def take_turns(connection: Connection, conversation: str) -> None:
    """Let writers of one conversation follow each other until the end of the transaction.

    Numbers are given before a commit, so on PostgreSQL the later number could become visible first
    and a reader that follows the numbers would miss a line. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:n, hashtext(:conversation))"),
            {"n": _CONVERSATION_LOCK, "conversation": conversation},
        )


@cache
def _build(address: str) -> Engine:
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
        path = Path(url.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made here, because SQLite would make a file that everybody may read.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    made = create_engine(
        url,
        future=True,
        hide_parameters=True,
        poolclass=QueuePool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver's own transaction handling begins too late; _begin_sqlite sends BEGIN instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
