import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from bot.care import database
from bot.care.alerts import get_alert, list_alerts, messages_of
from bot.care.clock import now
from bot.care.conversations import transcript
from bot.care.episodes import close_episode
from bot.care.sweeper import Sweeper
from bot.triage.plain import assessment_as_plain
from bot.triage.vocabulary import Level

from .samples import EMERGENCY, TEXT, raise_sample

TABLE = """CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255),
type_name VARCHAR(255), timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255),
data TEXT)"""


def store(settings, *, text=TEXT, intent="report_red_flag", event="user", at=None, **changes):
    moment = (at or now()).timestamp()
    data = {
        "event": event,
        "text": text,
        "timestamp": moment,
        "input_channel": "web",
        "message_id": "m1",
        "parse_data": {
            "intent": {"name": intent},
            "entities": [{"entity": "assessment", "value": assessment_as_plain(EMERGENCY)}],
        },
        **changes,
    }
    with closing(sqlite3.connect(settings.conversation_database)) as connection, connection:
        connection.execute(TABLE)
        connection.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, intent_name, data) "
            "VALUES ('one', ?, ?, ?, ?)",
            (event, moment, intent, json.dumps(data)),
        )


def alerts(settings):
    with database.reading(settings) as session:
        return list_alerts(session, include_closed=True)


def test_an_emergency_written_while_care_was_down_gets_a_recovered_alert(settings):
    store(settings, at=now() - timedelta(hours=2))
    assert Sweeper(settings).sweep() == 1
    (alert,) = alerts(settings)
    assert alert.recovered and alert.level is Level.EMERGENCY_NOW
    assert alert.assessment.message.text == TEXT
    assert [finding["key"] for finding in alert.assessment.findings] == ["SK-03", "BR-02"]


@pytest.mark.parametrize("intent", ["report_urgent", "screen_failed"])
def test_a_same_day_or_unscreened_message_reaches_a_nurse_too(settings, intent):
    store(settings, intent=intent)
    assert Sweeper(settings).sweep() == 1
    (alert,) = alerts(settings)
    assert alert.recovered and alert.level is Level.URGENT_SAME_DAY


def test_a_question_of_the_faq_is_no_matter_for_a_nurse(settings):
    store(settings, intent="faq_harm_to_baby")
    assert Sweeper(settings).sweep() == 0


def test_sweeping_again_also_after_a_restart_adds_nothing(settings):
    store(settings)
    sweeper = Sweeper(settings)
    assert [sweeper.sweep(), sweeper.sweep(), Sweeper(settings).sweep()] == [1, 0, 0]


@pytest.mark.parametrize("message_id", ["m1", None])
def test_an_emergency_that_has_its_alert_is_left_alone(settings, message_id):
    with database.transaction(settings) as session:
        raise_sample(session, message_id=message_id)
    store(settings)
    assert Sweeper(settings).sweep() == 0
    (alert,) = alerts(settings)
    assert not alert.recovered


def test_the_same_words_written_again_join_the_alert_when_the_action_missed_them(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, message_id="m1").id
    store(settings, message_id="m2")
    assert Sweeper(settings).sweep() == 1
    with database.reading(settings) as session:
        assert len(messages_of(session, get_alert(session, alert_id).episode_id)) == 2


def test_an_emergency_in_an_episode_known_at_a_lower_level_raises_it(settings):
    with database.transaction(settings) as session:
        raise_sample(session, text="itchy arm", level=Level.URGENT_SAME_DAY)
    store(settings)
    assert Sweeper(settings).sweep() == 1
    (alert,) = alerts(settings)
    assert alert.level is Level.EMERGENCY_NOW
    with database.reading(settings) as session:
        assert len(messages_of(session, get_alert(session, alert.id).episode_id)) == 2


def test_what_a_nurse_has_closed_does_not_come_back(settings):
    store(settings, at=now() - timedelta(minutes=2))
    Sweeper(settings).sweep()
    with database.transaction(settings) as session:
        close_episode(session, alerts(settings)[0].id, nurse="Ada", outcome="true emergency")
    assert Sweeper(settings).sweep() == 0
    store(settings, message_id="m2", at=now() + timedelta(seconds=1))
    assert Sweeper(settings).sweep() == 1
    assert len(alerts(settings)) == 2


def test_an_emergency_without_a_readable_assessment_still_reaches_a_nurse(settings):
    store(settings, parse_data={"intent": {"name": "report_red_flag"}})
    assert Sweeper(settings).sweep() == 1
    assert alerts(settings)[0].level is Level.EMERGENCY_NOW


def test_other_messages_are_not_alerts(settings):
    store(settings, intent="greet")
    assert Sweeper(settings).sweep() == 0


def test_nothing_is_skipped_when_the_care_database_fails(settings, tmp_path):
    store(settings)
    sweeper = Sweeper(settings)
    with closing(sqlite3.connect(tmp_path / "care.db")) as connection:
        connection.execute("ALTER TABLE alerts RENAME TO away")
        with pytest.raises(Exception, match="alerts"):
            sweeper.sweep()
        connection.execute("ALTER TABLE away RENAME TO alerts")
    assert sweeper.sweep() == 1


def test_a_missing_or_empty_store_is_no_error(settings):
    assert Sweeper(settings).sweep() == 0
    settings.conversation_database.touch()
    assert Sweeper(settings).sweep() == 0


def test_a_transcript_has_both_sides_in_order(settings):
    store(settings, text="my lips feel funny")
    store(settings, text="Call an ambulance now.", event="bot")
    store(settings, text=None, event="bot")
    lines = transcript(settings.conversation_database, "one")
    assert [(line.author, line.text) for line in lines] == [
        ("patient", "my lips feel funny"),
        ("bot", "Call an ambulance now."),
    ]
    assert transcript(settings.conversation_database, "two") == []
