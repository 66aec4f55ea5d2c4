import dataclasses
import json
import sqlite3
from datetime import datetime, timedelta, timezone

from bot.encryption import encrypt
from bot.service.drift import drift_report
from bot.settings import load_settings

MONDAY = datetime(2026, 11, 2, tzinfo=timezone.utc)


def store(folder, rows):
    """A conversation store with (day, intent, level) messages, sealed as the real one seals."""
    connection = sqlite3.connect(folder / "c.db")
    connection.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, type_name TEXT, timestamp REAL, data TEXT)"
    )
    for day, intent, level in rows:
        data = {
            "text": "my secret words",
            "parse_data": {
                "intent": {"name": intent},
                "entities": [{"entity": "triage_level", "value": level}],
            },
        }
        at = (MONDAY + timedelta(days=day)).timestamp()
        connection.execute(
            "INSERT INTO events (type_name, timestamp, data) VALUES ('user', ?, ?)",
            (at, encrypt(json.dumps(data))),
        )
    connection.execute("INSERT INTO events (type_name, timestamp, data) VALUES ('bot', 1, '')")
    connection.commit()
    connection.close()
    return dataclasses.replace(load_settings(environment={}), conversation_database=folder / "c.db")


def test_a_rise_of_the_share_not_understood_stands_out(tmp_path):
    calm = [(0, "greet", "NONE")] * 90 + [(6, "nlu_fallback", "NONE")] * 10
    worse = [(7, "greet", "NONE")] * 60 + [(8, "nlu_fallback", "NONE")] * 38
    settings = store(tmp_path, calm + worse + [(9, "report_red_flag", "EMERGENCY_NOW")] * 2)
    text = drift_report(settings, weeks=2, at=MONDAY + timedelta(days=10))
    assert "| messages | 100 | 100 |" in text
    assert "| not understood | 10.0 % | **38.0 %** |" in text
    assert "| EMERGENCY_NOW | 0.0 % | 2.0 % |" in text
    assert "secret" not in text


def test_weeks_before_are_left_out_and_none_is_said(tmp_path):
    settings = store(tmp_path, [(0, "greet", "NONE")])
    text = drift_report(settings, weeks=2, at=MONDAY + timedelta(weeks=5))
    assert "No message" in text
