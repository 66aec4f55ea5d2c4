"""Removes a patient from every store for good, and proves it by looking for her words."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterator, List, Optional, Set, Tuple

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.engine import Row

from bot.care import audit
from bot.care.database import leave_no_trace, transaction
from bot.care.models import Episode
from bot.channels.messaging import inbox
from bot.channels.store import MessageStore
from bot.nlu import unsaved
from bot.privacy import search, texts
from bot.privacy.export import read
from bot.privacy.holdings import HOLDINGS
from bot.privacy.stores import EVENTS, Store, stores
from bot.privacy.subject import Subject, find
from bot.settings import Settings

Tell = Callable[[str], None]

ERASED = "patient erased"
#: Why somebody is erased while a nurse still looks after her. Codes, so that no text gets into
#: the audit.
REASONS = ("asked-in-writing", "court-order", "wrong-person", "test-data")
#: Sealed values of hers that are looked for afterwards; each is unique.
_MOST_SEALED = 200
_ATTEMPTS, _PAUSE = 5, 1.0


class EpisodeOpen(ValueError):
    """She cannot be erased while a nurse looks after her; the message says what to do."""


class NotErased(RuntimeError):
    """Something of hers is left; the message says where and what to do."""


@dataclass
class Proof:
    """What was removed, what was looked for afterwards, and where something was found."""

    removed: Dict[str, int] = field(default_factory=dict)
    sentences: int = 0
    sealed: int = 0
    files: int = 0
    tables: int = 0
    rows: int = 0
    #: Places in which something of hers is left; empty when she is gone.
    left: List[str] = field(default_factory=list)
    #: Sentences that others wrote as well, so that finding them proves nothing.
    common: int = 0

    def lines(self) -> List[str]:
        """Return the proof for a reader. Holds none of her words."""
        removed = ", ".join(f"{count} {name}" for name, count in self.removed.items() if count)
        lines = [
            f"Removed: {removed or 'nothing'}.",
            f"Looked for {self.sentences} sentences of hers and {self.sealed} sealed values in "
            f"{self.files} files (as bytes) and {self.tables} tables ({self.rows} rows, opened).",
        ]
        if self.common:
            lines.append(f"{self.common} more sentences were left out: others wrote them too.")
        return [*lines, *(self.left or ["Found: nothing."])]


def erase(
    settings: Settings, given: str, *, actor: str, reason: Optional[str] = None, tell: Tell
) -> Proof:
    """Remove everything about a patient from every store and return the proof.

    The audit keeps that it happened, without text. Raises UnknownPatient; EpisodeOpen while an
    episode is open and no ``reason`` of REASONS is given; NotErased while a process still has to
    store something of hers or a database stays busy; SQLAlchemyError when a store is away.
    """
    found = stores(settings)
    subject = find(found, given)
    _refuse_open(found, subject, reason)
    rows = read(settings, found, subject, lambda _: None)
    sealed = _sealed_values(found, subject)
    words = texts.distinctive(rows)
    tell("Looking for words of hers that nobody else wrote …")
    words, common = _hers_alone(found, subject, words, tell)
    tell("Removing …")
    removed = {name: len(part) for name, part in rows.items()}
    _remove(settings, found, subject, actor=actor, reason=reason)
    for store in found:
        _free(store)
    tell("Looking whether anything is left …")
    proof = Proof(removed, len(words), len(sealed), common=common)
    return _prove(settings, found, subject, proof, words, sealed, tell)


def _refuse_open(found: List[Store], subject: Subject, reason: Optional[str]) -> None:
    if reason is not None and reason not in REASONS:
        raise ValueError(f"reason is {reason!r}; use one of {', '.join(REASONS)}.")
    with _care(found).reading() as connection:
        is_open = connection.execute(
            select(func.count(Episode.id)).where(
                Episode.patient_id == subject.id, Episode.closed_at.is_(None)
            )
        ).scalar_one()
    if is_open and reason is None:
        raise EpisodeOpen(
            f"An episode of {subject.name} is open: a nurse has to close it at the desk first. "
            f"To erase her all the same: --even-open {'|'.join(REASONS)}."
        )


def _remove(
    settings: Settings,
    found: List[Store],
    subject: Subject,
    *,
    actor: str,
    reason: Optional[str],
) -> None:
    by_name = {store.name: store for store in found}
    # The channels first: from then on the tokens of her chat open nothing, and nothing new comes.
    if "channels" in by_name:
        MessageStore(by_name["channels"].engine).delete(subject.conversation)
        inbox.forget(by_name["channels"].engine, subject.conversation)
    if "conversations" in by_name:
        with by_name["conversations"].engine.begin() as connection:
            connection.execute(delete(EVENTS).where(EVENTS.c.sender_id == subject.conversation))
    with transaction(settings) as session:
        for holding in HOLDINGS:
            if holding.store == "care":
                session.execute(
                    delete(holding.table)
                    .where(holding.hers(subject))
                    .execution_options(synchronize_session=False)
                )
        audit.record(session, actor=actor, action=ERASED, patient_id=subject.id, reason=reason)
    if unsaved.erase_from(settings.folder / "unsaved", subject.conversation):
        raise NotErased(
            "The chat service still has to store something of hers (its database was away). "
            "Everything else is removed; run the same command with her conversation again when "
            "the database answers."
        )


def _free(store: Store) -> None:
    for _ in range(_ATTEMPTS):
        if leave_no_trace(store.engine):
            return
        time.sleep(_PAUSE)
    raise NotErased(
        f"Her rows are removed, but the file of {store.name} is too busy to be written anew. "
        "Run `python -m bot purge` when it is quiet."
    )


def _prove(
    settings: Settings,
    found: List[Store],
    subject: Subject,
    proof: Proof,
    words: List[str],
    sealed: List[str],
    tell: Tell,
) -> Proof:
    in_tables = search.search_tables(found, [*words, *sealed], tell)
    in_files = search.search_files(search.files_of(settings.folder, found), [*words, *sealed])
    proof.files, proof.tables, proof.rows = in_files.files, in_tables.tables, in_tables.rows
    places: Set[str] = set()
    for searched in (in_tables, in_files):
        for where in searched.found.values():
            places |= set(where)
    left = read(settings, found, subject, lambda _: None)
    places |= {name for name, rows in left.items() if rows}
    proof.left = [f"LEFT: something of hers is in {place}." for place in sorted(places)]
    return proof


def _hers_alone(
    found: List[Store], subject: Subject, words: List[str], tell: Tell
) -> Tuple[List[str], int]:
    """Return the words that no row but hers has, and how many others have too."""
    everywhere = search.search_tables(found, words, tell).found
    own: Dict[str, Dict[str, int]] = {}
    for row, place in _raw(found, subject):
        opened = search.opened(row)
        for word in words:
            if search.contains(opened, word):
                counts = own.setdefault(word, {})
                counts[place] = counts.get(place, 0) + 1
    kept = [word for word in words if everywhere.get(word, {}) == own.get(word, {})]
    return kept, len(words) - len(kept)


def _sealed_values(found: List[Store], subject: Subject) -> List[str]:
    values: List[str] = []
    for row, _ in _raw(found, subject):
        for value in row:
            values += search.SEALED.findall(value or "")
    # The beginning of a sealed value is random, and long enough to be found nowhere else.
    return sorted({value[:80] for value in values})[:_MOST_SEALED]


def _raw(found: List[Store], subject: Subject) -> Iterator[Tuple[Row, str]]:
    """Give her rows as they are stored, every value as text, and the name of their table."""
    by_name = {store.name: store for store in found}
    for holding in HOLDINGS:
        if holding.store not in by_name:
            continue
        store = by_name[holding.store]
        query = select([cast(each, Text) for each in holding.table.c])
        with store.reading() as connection:
            for row in connection.execute(query.where(holding.hers(subject))):
                yield row, f"{store.name}.{holding.table.name}"


def _care(found: List[Store]) -> Store:
    return next(store for store in found if store.name == "care")
