"""Check-ins go out once, are reminded of once, and stop when she says so."""

import dataclasses
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.care import audit, check_ins, database, ladders
from bot.care.clock import now
from bot.care.models import CheckIn, Delivery, OutgoingMessage
from bot.care.push import PatientDispatcher
from bot.triage.vocabulary import Level

from .receivers import WebServer, serving
from .samples import raise_sample

HER = {"conversation_id": "one", "channel": "web"}
HOUR = timedelta(hours=1)


def plan(settings, *, ago=timedelta(seconds=1), kind="soon"):
    with database.transaction(settings) as session:
        check_ins.schedule(session, **HER, kind=kind, due_at=now() - ago)


def tick(settings, later=timedelta(0)):
    with database.transaction(settings) as session:
        check_ins.send_due(session, settings, at=now() + later)
    with database.transaction(settings) as session:
        check_ins.follow_up(session, settings, at=now() + later)


def states(settings):
    with database.reading(settings) as session:
        return list(session.execute(select(CheckIn.state).order_by(CheckIn.id)).scalars())


def sent(settings):
    with database.reading(settings) as session:
        return list(session.execute(select(OutgoingMessage).order_by(OutgoingMessage.id)).scalars())


def she_writes(settings):
    with sqlite3.connect(settings.conversation_database) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id, type_name, "
            "timestamp REAL, intent_name, action_name, data)"
        )
        connection.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES ('one','user',?,'')",
            (now().timestamp() + 60,),
        )


def test_a_check_in_that_is_due_is_sent_once_and_asks_for_the_serious_signs(settings):
    plan(settings)
    tick(settings)
    tick(settings)
    (message,) = sent(settings)
    assert (message.kind, message.author) == ("check-in", "bot")
    assert "trouble breathing" in message.text
    assert "Stop" in message.buttons
    assert states(settings) == ["sent"]


def test_one_that_is_not_due_waits_also_for_a_restart(settings):
    plan(settings, ago=-HOUR)
    tick(settings)
    assert sent(settings) == []
    database.dispose(settings)
    tick(settings, later=2 * HOUR)
    assert len(sent(settings)) == 1


def test_asking_again_for_the_same_time_plans_it_once(settings):
    plan(settings, ago=-HOUR)
    plan(settings, ago=-2 * HOUR)
    plan(settings, ago=-HOUR, kind="next_day")
    assert states(settings) == ["cancelled", "due", "due"]
    with database.reading(settings) as session:
        ahead = check_ins.planned(session, **HER)
    assert [row.kind for row in ahead] == ["next_day", "soon"]


def test_without_an_answer_there_is_one_reminder_and_no_more(settings):
    plan(settings)
    for hours in range(5):
        tick(settings, later=hours * (HOUR + timedelta(minutes=1)))
    assert len(sent(settings)) == 2
    assert states(settings) == ["unanswered"]


def test_an_answer_ends_it(settings):
    plan(settings)
    tick(settings)
    she_writes(settings)
    for hours in (2, 4):
        tick(settings, later=hours * HOUR)
    assert len(sent(settings)) == 1
    assert states(settings) == ["answered"]


def test_no_answer_with_an_open_ticket_reaches_a_nurse(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, level=Level.ROUTINE).id
    plan(settings)
    for hours in range(4):
        tick(settings, later=hours * (HOUR + timedelta(minutes=1)))
    with database.reading(settings) as session:
        assert audit.CHECK_IN_UNANSWERED in [e.action for e in audit.timeline(session, alert_id)]
        kinds = set(session.execute(select(Delivery.kind)).scalars())
    assert ladders.NO_ANSWER in kinds


@pytest.mark.parametrize("level", [Level.URGENT_SAME_DAY, Level.EMERGENCY_NOW])
def test_nobody_with_an_urgent_matter_is_asked_by_a_machine(settings, level):
    plan(settings)
    with database.transaction(settings) as session:
        raise_sample(session, level=level)
    tick(settings)
    assert sent(settings) == []
    assert states(settings) == ["cancelled"]


def test_stop_ends_what_is_ahead_and_what_waits_for_an_answer(settings):
    plan(settings)
    tick(settings)
    plan(settings, ago=-HOUR, kind="next_day")
    with database.transaction(settings) as session:
        assert check_ins.stop(session, **HER) == 2
        assert check_ins.stop(session, conversation_id="somebody else", channel="web") == 0
    for hours in (2, 30):
        tick(settings, later=hours * HOUR)
    assert len(sent(settings)) == 1


def test_an_unknown_kind_is_named(settings):
    with pytest.raises(ValueError, match="weekly"), database.transaction(settings) as session:
        check_ins.schedule(session, **HER, kind="weekly", due_at=now())


def test_the_chat_is_told_that_the_next_message_may_be_the_answer(settings):
    with serving(WebServer()) as rasa:
        rasa.answer = b'{"state": "sent"}'
        clinic = dataclasses.replace(settings, patient_service=rasa.web)
        plan(clinic)
        tick(clinic)
        PatientDispatcher(clinic).run_once()
        (posted,) = rasa.posts
    assert posted["check_in"] is True
