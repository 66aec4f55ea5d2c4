"""A new key: seals from now on, and everything sealed before is sealed anew, in batches.

A row is only changed when it still holds what was read, so the services may go on working. Running
the same again after a kill goes on where it stopped, because what is left is what has another key.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any, Callable, Iterator, List, NamedTuple, Tuple

from sqlalchemy import (
    Column,
    Table,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.types import JSON

from bot.care import audit, database
from bot.care.database import leave_no_trace
from bot.care.models import Base
from bot.encryption import (
    FILE_NAME,
    KEY_BYTES,
    VARIABLE,
    EncryptedJson,
    EncryptedText,
    decrypt,
    encrypt,
    keyring,
)
from bot.privacy.search import SEALED
from bot.privacy.stores import EVENTS, Store, stores
from bot.settings import Settings

Tell = Callable[[str], None]

ROTATED = "encryption key changed"
_BATCH = 500


class Sealed(NamedTuple):
    """A column with sealed values, alone or within JSON."""

    store: Store
    column: Column


def rotate(settings: Settings, *, actor: str, tell: Tell) -> int:
    """Add a key, unless an earlier change of key is unfinished, and seal everything with it.

    Returns how many values were sealed anew. The old keys stay listed, so that nothing becomes
    unreadable. With the keys in ``BOT_ENCRYPTION_KEY`` nothing is added: its first key is the
    sealing one. Raises EncryptionError when a value cannot be opened, SQLAlchemyError when a
    store is away, OSError when the key file cannot be written.
    """
    columns = sealed_columns(stores(settings))
    if os.environ.get(VARIABLE, "").strip():
        tell(f"The keys are in {VARIABLE}: sealing everything with the first of them.")
    elif _left(columns):
        tell("An earlier change of key was not finished: going on with it.")
    else:
        add_key(settings.folder / FILE_NAME)
        tell(f"A new key was added to {FILE_NAME}; the old ones stay readable.")
    count = sum(_seal_anew(each, tell) for each in columns)
    for store in {each.store.name: each.store for each in columns}.values():
        if not leave_no_trace(store.engine):
            tell(f"The file of {store.name} was too busy to be written anew.")
    with database.transaction(settings) as session:
        audit.record(session, actor=actor, action=ROTATED, key=keyring().active, values=count)
    return count


def add_key(path: Path) -> None:
    """Put a new key before the others of a key file, in one step that a power cut cannot halve."""
    keyring()
    made = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{made}\n{path.read_text(encoding='ascii')}")
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def sealed_columns(found: List[Store]) -> List[Sealed]:
    """Return every column that holds sealed values."""
    others = (EVENTS.c.data, Base.metadata.tables["alerts"].c.ladder)
    return [
        Sealed(store, column)
        for store in found
        for table in store.metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, (EncryptedText, EncryptedJson))
        or any(column is other for other in others)
    ]


def _left(columns: List[Sealed]) -> int:
    """Return how many values are sealed with another key than the active one."""
    count = 0
    for each in columns:
        with each.store.reading() as connection:
            count += connection.execute(
                select(func.count())
                .select_from(each.column.table)
                .where(_has_other_key(each.column))
            ).scalar_one()
    return count


def _seal_anew(each: Sealed, tell: Tell) -> int:
    done = 0
    for batch in _batches(each):
        with each.store.engine.begin() as connection:
            for key, old in batch:
                changed = connection.execute(
                    update(each.column.table)
                    .where(and_(*_same(each.column.table, key)), _raw(each.column) == old)
                    .values({each.column.name: _stored(each.column, _anew(old))})
                )
                done += changed.rowcount
        tell(f"{each.store.name}.{each.column.table.name}.{each.column.name}: {done} sealed anew")
    return done


def _batches(each: Sealed) -> Iterator[List[Tuple[Tuple, str]]]:
    keys = list(each.column.table.primary_key.columns)
    last: Any = None
    while True:
        query = select(*keys, _raw(each.column)).where(_is_due(each.column)).order_by(*keys)
        if last is not None:
            query = query.where(tuple_(*keys) > last)
        with each.store.reading() as connection:
            rows = connection.execute(query.limit(_BATCH)).all()
        if not rows:
            return
        last = tuple(rows[-1])[:-1]
        yield [(tuple(row)[:-1], row[-1]) for row in rows]


def _has_other_key(column: Column) -> Any:
    stored = _raw(column)
    # An alert's ladder holds several sealed addresses, all sealed at the same moment.
    start = "%v1." if isinstance(column.type, (JSON, EncryptedJson)) else "v1."
    return and_(stored.like(f"{start}%"), ~stored.like(f"{start}{keyring().active}.%"))


def _is_due(column: Column) -> Any:
    """Say that a value is sealed with another key, or that an old event is not sealed at all."""
    if column is EVENTS.c.data:
        return or_(_has_other_key(column), column.like("{%"))
    return _has_other_key(column)


def _anew(stored: str) -> str:
    if stored.startswith("{") and not SEALED.search(stored):
        return encrypt(stored)
    return SEALED.sub(lambda found: encrypt(decrypt(found.group())), stored)


def _raw(column: Column) -> Any:
    """Return the column as it is stored, as text."""
    return cast(column, Text)


def _same(table: Table, key: Tuple) -> List[Any]:
    return [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]


def _stored(column: Column, value: str) -> Any:
    """Return a value that is stored as it is, past the type that would seal it once more."""
    if isinstance(column.type, (JSON, EncryptedJson)):
        return type_coerce(json.loads(value), JSON)
    return type_coerce(value, Text)
