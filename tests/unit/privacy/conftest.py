import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import json
import shutil
import sqlite3

import pytest
from care.conftest import settings_in
from care.samples import raise_sample

from bot.care import database, outgoing, plans
from bot.care.models import Alert, Note, Patient
from bot.channels import database as channel_database
from bot.channels.messaging.inbox import Inbox
from bot.channels.messaging.received import Received
from bot.channels.outgoing import Outgoing
from bot.channels.store import MessageStore
from bot.encryption import encrypt
from bot.plan.model import Plan

#: What she wrote, and others wrote about and to her; none of it is in anything else.
WORDS = {
    "message": "my left elbow hums like a fridge after the jab",
    "chat": "ünlikely purple walnuts in my tummy tonight",
    "event": "seven green umbrellas are dancing on my tongue",
    "note": "she sounded calm about the umbrellas on the telephone",
    "outgoing": "please come to the clinic with your umbrellas at noon",
    "waiting": "the lighthouse in my ear is blinking again",
    "reply": "an answer that never left about lighthouses",
    "unsaved": "thirty velvet spoons fell while it was away",
}


@pytest.fixture
def settings(tmp_path, empty_database):
    made = settings_in(tmp_path / "var")
    (tmp_path / "var").mkdir()
    shutil.copy(empty_database, made.folder / "care.db")
    with sqlite3.connect(made.conversation_database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), type_name"
            " VARCHAR(255), timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255),"
            " data TEXT)"
        )
    connection.close()
    yield made
    database.dispose(made)


@pytest.fixture
def her(settings):
    """Write something of one patient into every store and return her conversation."""
    return fill(settings, "+447700900123", WORDS)


def event(settings, conversation, text, at=1_700_000_000.0, kind="user"):
    data = encrypt(json.dumps({"event": kind, "text": text, "timestamp": at}))
    with sqlite3.connect(settings.conversation_database) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, ?)",
            (conversation, kind, at, data),
        )
    connection.close()
    return data


def fill(settings, address, words):
    engine = channel_database.engine(channel_database.address(settings))
    inbox = Inbox(engine, "sms")
    received = Received(id=f"id-{address}", channel="sms", address=address, text=words["waiting"])
    conversation = inbox.take(received).conversation
    store = MessageStore(engine)
    store.submit(conversation, "one", words["chat"])
    Outgoing(engine, "sms").add(conversation, [{"text": words["reply"]}], f"key-{address}")
    event(settings, conversation, words["event"])
    data = encrypt(json.dumps({"event": "user", "text": words["unsaved"], "timestamp": 1.0}))
    row = {"sender_id": conversation, "type_name": "user", "timestamp": 1.0, "data": data}
    folder = settings.folder / "unsaved"
    folder.mkdir(exist_ok=True)
    with open(folder / "events-1-dead.jsonl", "a") as file:
        file.write(json.dumps(row) + "\n")
    with database.transaction(settings) as session:
        alert = raise_sample(
            session, conversation_id=conversation, channel="sms", text=words["message"]
        )
        session.add(Note(alert_id=alert.id, nurse="Ada", text=words["note"]))
        patient = session.query(Patient).filter_by(conversation_id=conversation).one()
        patient.address = address
        outgoing.send(
            session,
            patient=patient,
            text=words["outgoing"],
            author="nurse",
            author_name="Ada",
            key=f"note-{address}",
        )
        plans.save_plan(session, conversation_id=conversation, channel="sms", plan=Plan())
    return conversation


def close_episodes(settings, at):
    with database.transaction(settings) as session:
        for alert in session.query(Alert):
            alert.episode.closed_at, alert.episode.closed_by = at, "Ada"
