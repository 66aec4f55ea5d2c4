"""The databases that hold something of patients, opened the same way for every privacy command."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterator, List, Optional

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text, create_engine, inspect
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from bot.care import database as care_database
from bot.care.models import Base
from bot.channels import database as channel_database
from bot.channels import limits, once, store
from bot.channels.messaging import tables as messaging_tables
from bot.settings import Settings, database_address

# The tables of the channels exist in their metadata once these are imported.
__all__ = ["limits", "messaging_tables", "once", "store"]

_BUSY_SECONDS = 15

conversation_metadata = MetaData()
#: Rasa's table, as bot.nlu.conversation_store fills it.
EVENTS = Table(
    "events",
    conversation_metadata,
    Column("id", Integer, primary_key=True),
    Column("sender_id", String(255)),
    Column("type_name", String(255)),
    Column("timestamp", Float),
    Column("intent_name", String(255)),
    Column("action_name", String(255)),
    Column("data", Text),
)


@dataclass(frozen=True)
class Store:
    """One database: its name in reports, its engine and the tables that we know of."""

    name: str
    address: str
    engine: Engine
    metadata: MetaData

    @property
    def file(self) -> Optional[Path]:
        """Return the path of a SQLite file, None for a server."""
        return sqlite_file(self.address)

    def has(self, table: str) -> bool:
        """Return whether the table exists."""
        return inspect(self.engine).has_table(table)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that only reads and never waits for a writer."""
        with self.engine.connect().execution_options(reads_only=True) as connection:
            yield connection


def stores(settings: Settings) -> List[Store]:
    """Return the stores that exist: care, channels, conversations.

    Care is migrated first. Raises SQLAlchemyError when a database cannot be reached.
    """
    care_database.migrate(settings)
    found = [Store("care", settings.care_database, care_database.engine(settings), Base.metadata)]
    address = channel_database.address(settings)
    if _may_exist(address):
        engine = channel_database.engine(address)
        found.append(Store("channels", address, engine, channel_database.metadata))
    address = database_address(settings.conversation_database)
    if _may_exist(address):
        made = Store("conversations", address, _engine(address), conversation_metadata)
        if made.has("events"):
            found.append(made)
    return found


def sqlite_file(address: str) -> Optional[Path]:
    """Return the path of a SQLite file, None for a server."""
    url = make_url(address)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _may_exist(address: str) -> bool:
    file = sqlite_file(address)
    return file is None or file.exists()


@lru_cache(maxsize=8)
def _engine(address: str) -> Engine:
    # hide_parameters: the text of an error would otherwise hold what the patient wrote.
    if sqlite_file(address) is None:
        return create_engine(address, future=True, pool_pre_ping=True, hide_parameters=True)
    made = create_engine(
        address,
        future=True,
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={"timeout": _BUSY_SECONDS},
    )
    sqlalchemy_event.listen(made, "connect", _prepare)
    return made


def _prepare(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA secure_delete=ON")
