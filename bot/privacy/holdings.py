"""Which rows of which table belong to a patient: the one list that export and erasure go by.

A table without an entry here or in ``WITHOUT_PATIENT`` fails a test, so that no new table is
forgotten.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple

from sqlalchemy import Table, select

from bot.care.models import Alert, Base, Episode
from bot.channels.messaging import tables as messaging
from bot.channels.store import deleted, events, submissions, taken_up
from bot.privacy.stores import EVENTS
from bot.privacy.subject import Subject


class Holding(NamedTuple):
    """The rows of one table that are hers. ``table`` is in the store of that name."""

    store: str
    table: Table
    hers: Callable[[Subject], Any]


def _episodes(subject: Subject) -> Any:
    return select(Episode.id).where(Episode.patient_id == subject.id)


def _alerts(subject: Subject) -> Any:
    return select(Alert.id).where(Alert.episode_id.in_(_episodes(subject)))


def _of_care(name: str, hers: Callable[[Table, Subject], Any]) -> Holding:
    table = Base.metadata.tables[name]
    return Holding("care", table, partial(hers, table))


def _of_channel(table: Table) -> Holding:
    return Holding("channels", table, partial(_in_conversation, table))


def _by_alert(table: Table, subject: Subject) -> Any:
    return table.c.alert_id.in_(_alerts(subject))


def _by_episode(table: Table, subject: Subject) -> Any:
    return table.c.episode_id.in_(_episodes(subject))


def _by_patient(table: Table, subject: Subject) -> Any:
    return table.c.patient_id == subject.id


def _in_conversation(table: Table, subject: Subject) -> Any:
    return table.c.conversation == subject.conversation


#: In the order in which rows can be deleted: those that refer to others come first.
HOLDINGS: List[Holding] = [
    *(
        _of_care(name, _by_alert)
        for name in ("acknowledgements", "notes", "deliveries", "ladder_steps")
    ),
    *(_of_care(name, _by_episode) for name in ("alerts", "assessments", "messages")),
    *(
        _of_care(name, _by_patient)
        for name in ("check_ins", "outgoing_messages", "plans", "episodes")
    ),
    _of_care("patients", lambda table, subject: table.c.id == subject.id),
    *(_of_channel(each) for each in (events, submissions, messaging.inbox, messaging.outgoing)),
    Holding(
        "channels",
        messaging.conversations,
        lambda s: messaging.conversations.c.id == s.conversation,
    ),
    Holding("conversations", EVENTS, lambda s: EVENTS.c.sender_id == s.conversation),
]

#: Why the other tables hold nothing of a patient that could be exported or erased.
WITHOUT_PATIENT: Dict[str, str] = {
    "audit_events": "who did what, without any words; a trigger refuses changes",
    "nurse_accounts": "staff",
    "desk_sessions": "staff",
    "api_tokens": "programs of the hospital",
    "sign_in_failures": "staff",
    deleted.name: "the ids of deleted chats, so that their tokens open nothing",
    taken_up.name: "how many processes died, by a number that names nobody",
    "messaging_keys": "keys",
    "rate_limits": "digests that expire within hours",
    "done_once": "keys of what was sent, that expire within weeks",
}
