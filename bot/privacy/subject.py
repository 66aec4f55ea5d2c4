"""Who a command is about: found by pseudonym or by conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Mapping, Optional

from sqlalchemy import or_, select

from bot.care.models import Patient
from bot.channels.messaging.tables import conversations
from bot.channels.store import events as chat_events
from bot.privacy.stores import EVENTS, Store


class UnknownPatient(LookupError):
    """Nothing is kept of anybody by that name; the message says what was looked for."""


@dataclass(frozen=True)
class Subject:
    """A patient. ``id`` and ``pseudonym`` are None before care knows her."""

    conversation: str
    id: Optional[str] = None
    pseudonym: Optional[str] = None

    @property
    def name(self) -> str:
        """Return what to call her in reports."""
        return self.pseudonym or f"conversation {self.conversation}"


def find(stores: List[Store], given: str) -> Subject:
    """Return the patient with this pseudonym or conversation.

    Raises UnknownPatient when no store has anything of her, or when two patients share the id.
    """
    given = given.strip()
    by_name: Mapping[str, Store] = {store.name: store for store in stores}
    with by_name["care"].reading() as connection:
        rows = connection.execute(
            select(Patient.id, Patient.pseudonym, Patient.conversation_id).where(
                or_(Patient.pseudonym == given.upper(), Patient.conversation_id == given)
            )
        ).all()
    if len(rows) > 1:
        names = ", ".join(sorted(row.pseudonym for row in rows))
        raise UnknownPatient(f"{given!r} is the conversation of several patients: {names}.")
    if rows:
        return Subject(rows[0].conversation_id, rows[0].id, rows[0].pseudonym)
    for name, column in (
        ("conversations", EVENTS.c.sender_id),
        ("channels", chat_events.c.conversation),
        ("channels", conversations.c.id),
    ):
        if name in by_name:
            with by_name[name].reading() as connection:
                if connection.execute(select(column).where(column == given).limit(1)).first():
                    return Subject(given)
    raise UnknownPatient(
        f"There is no patient {given!r}. Give her pseudonym as the desk shows it (such as "
        "K7F-2XR) or the id of her conversation."
    )
