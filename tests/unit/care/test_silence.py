"""A red-flag question that nobody answers calls a nurse after three minutes, once."""

import dataclasses
import json
import shutil
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.care import database
from bot.care.clock import now
from bot.care.models import Alert, OutgoingMessage
from bot.care.silence import SilenceWatch
from bot.nlu.memory import Guess, Memory
from bot.nlu.turn import read_turn
from bot.settings import load_settings


@pytest.fixture
def clinic(tmp_path, empty_database):
    made = dataclasses.replace(
        load_settings(environment={}),
        folder=tmp_path,
        care_database=f"sqlite:///{tmp_path}/care.db",
        conversation_database=tmp_path / "conversations.db",
    )
    shutil.copy(empty_database, tmp_path / "care.db")
    yield made
    database.dispose(made)


def write(clinic, text, minutes_ago):
    """Store a message as Rasa does, with the state the real screen gave it."""
    at = now() - timedelta(minutes=minutes_ago)
    turn = read_turn(text, Guess(), Memory(), at)
    entities = [{"entity": name, "value": value} for name, value in turn.slots.items()]
    event = {
        "event": "user",
        "text": text,
        "input_channel": "web",
        "message_id": text,
        "parse_data": {"intent": {"name": turn.intent}, "entities": entities},
    }
    with sqlite3.connect(clinic.conversation_database) as store:
        store.execute(
            "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id, type_name,"
            " timestamp, intent_name, data)"
        )
        store.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, intent_name, data)"
            " VALUES ('patient-1', 'user', ?, ?, ?)",
            (at.timestamp(), turn.intent, json.dumps(event)),
        )


def heard(clinic):
    with database.reading(clinic) as session:
        alerts = [alert.level.name for alert in session.execute(select(Alert)).scalars()]
        texts = [row.text for row in session.execute(select(OutgoingMessage)).scalars()]
        return alerts, texts


def test_after_three_minutes_a_nurse_and_the_patient_are_told_once(clinic):
    write(clinic, "mild headache, 30 weeks", minutes_ago=4)
    watch = SilenceWatch(clinic)
    watch.work()
    watch.work()
    alerts, texts = heard(clinic)
    assert alerts == ["URGENT_SAME_DAY"]
    assert len(texts) == 1 and "told a nurse" in texts[0]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("mild headache, 30 weeks", 2), ("my arm is sore", 10), ("hello", 10)],
    ids=["she may still be writing", "no red-flag question", "no question"],
)
def test_otherwise_nobody_is_told(clinic, text, minutes):
    write(clinic, text, minutes)
    SilenceWatch(clinic).work()
    assert heard(clinic) == ([], [])


def test_an_answer_in_time_ends_the_wait(clinic):
    write(clinic, "mild headache, 30 weeks", minutes_ago=8)
    write(clinic, "thanks", minutes_ago=7)
    SilenceWatch(clinic).work()
    assert heard(clinic) == ([], [])
