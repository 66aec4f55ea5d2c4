"""For each kind of data: what is older than its setting goes, what is younger or set to 0 stays."""

import contextlib
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.care import check_ins, database
from bot.care.clock import now
from bot.care.models import AuditEvent, Base, CheckIn
from bot.channels import database as channel_database
from bot.channels.messaging.tables import conversations, inbox
from bot.channels.messaging.tables import outgoing as replies
from bot.channels.store import deleted, events, submissions
from bot.privacy.purge import purge
from bot.settings import SettingsError, load_settings

from .conftest import close_episodes, event

DAYS = timedelta(days=1)
CARE = {name: Base.metadata.tables[name] for name in ("outgoing_messages", "plans", "check_ins")}


def aged(settings, days):
    """Make everything that is over as old as that: of every table with a time of its own."""
    then = now() - days * DAYS
    close_episodes(settings, then)
    with database.transaction(settings) as session:
        session.execute(update(CARE["outgoing_messages"]).values(state="sent", finished_at=then))
        session.execute(update(CARE["plans"]).values(updated_at=then))
        session.execute(update(CARE["check_ins"]).values(state="answered", due_at=then))
    at = then.timestamp()
    with contextlib.closing(sqlite3.connect(settings.conversation_database)) as connection:
        connection.execute("UPDATE events SET timestamp = ?", (at,))
        connection.commit()
    with channel_database.engine(channel_database.address(settings)).begin() as sql:
        sql.execute(update(events).values(at=at))
        sql.execute(update(submissions).values(lease=at))
        sql.execute(deleted.insert().values(conversation="gone", at=at))
        sql.execute(update(inbox).values(state="done", at=at))
        sql.execute(update(replies).values(state="sent", finished_at=at))
        sql.execute(update(conversations).values(last_in_at=at))


@pytest.fixture
def old(settings, her):
    """One patient with a row of each kind, all of them 30 days old."""
    with database.transaction(settings) as session:
        check_ins.schedule(
            session, conversation_id=her, channel="sms", kind=check_ins.KINDS[0], due_at=now()
        )
        assert session.query(CheckIn).count() == 1
    event(settings, "idle", "an old word")
    aged(settings, 30)
    return settings


#: Each kind with what it must take along, at least.
KINDS = {
    "closed_episodes": ["care.messages", "care.alerts", "care.notes", "care.episodes"],
    "outgoing": ["care.outgoing_messages", "channels.messaging_outgoing"],
    "check_ins": ["care.check_ins"],
    "plans": ["care.plans"],
    "channel_records": [
        "channels.chat_events",
        "channels.chat_submissions",
        "channels.chat_deleted",
        "channels.messaging_inbox",
    ],
    "conversations": ["conversations.events", "channels.messaging_conversations"],
}


def keeping(settings, kind, days):
    return replace(settings, retention={**dict.fromkeys(settings.retention, 0), kind: days})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_older_goes_and_nothing_else(old, kind):
    removed = {name for name, count in purge(keeping(old, kind, 29)).items() if count}
    assert {name.split(": ")[1] for name in removed} >= set(KINDS[kind])
    assert {name.split(": ")[0] for name in removed} == {kind}
    assert not any(purge(keeping(old, kind, 29)).values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_younger_or_kept_for_good_stays(old, kind):
    for days in (31, 0):
        assert not any(purge(keeping(old, kind, days)).values())


def test_the_audit_stays_whatever_the_settings_say(old):
    with database.reading(old) as session:
        before = session.execute(select(func.count(AuditEvent.id))).scalar_one()
    purge(replace(old, retention=dict.fromkeys(old.retention, 1) | {"audit": 0}))
    with database.reading(old) as session:
        assert session.execute(select(func.count(AuditEvent.id))).scalar_one() >= before > 0
    with pytest.raises(SettingsError, match=r"retention\.audit must be 0"):
        load_settings(environment={"BOT_RETENTION_AUDIT": "30"})
