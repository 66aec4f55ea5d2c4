import dataclasses
from datetime import timedelta

import pytest

from bot.care import audit, database, handling, outgoing
from bot.care.clock import now
from bot.care.models import OutgoingMessage
from bot.care.push import PatientDispatcher
from bot.care.tokens import action_secret
from bot.triage.vocabulary import Level

from .receivers import WebServer, serving
from .samples import raise_sample


@pytest.fixture
def rasa():
    with serving(WebServer()) as server:
        server.answer = b'{"state": "sent"}'
        yield server


@pytest.fixture
def clinic(settings, rasa):
    return dataclasses.replace(settings, patient_service=rasa.web)


@pytest.fixture
def alert_id(clinic):
    with database.transaction(clinic) as session:
        alert = raise_sample(session)
        handling.take_over(session, alert.id, nurse="Ada")
        handling.write_to_patient(session, alert.id, nurse="Ada", text="I am here", key="1")
        return alert.id


def rows(clinic):
    with database.reading(clinic) as session:
        return session.query(OutgoingMessage).order_by(OutgoingMessage.id).all()


def make_due(clinic):
    with database.transaction(clinic) as session:
        for row in session.query(OutgoingMessage).filter(OutgoingMessage.state == "due"):
            row.due_at = now() - timedelta(seconds=1)


def drain(clinic):
    dispatcher = PatientDispatcher(clinic)
    while dispatcher.run_once():
        pass


def test_take_over_and_words_arrive_in_order_with_the_secret(clinic, rasa, alert_id):
    with database.transaction(clinic) as session:
        handling.hand_back(session, alert_id, nurse="Ada")
        handling.lower_level(
            session,
            alert_id,
            nurse="Ada",
            seen=Level.EMERGENCY_NOW,
            level=Level.ROUTINE,
            reason="seen",
        )
        handling.resolve(session, alert_id, nurse="Ada", outcome="routine", reason="seen")
    drain(clinic)
    paths = [path for path, _, _ in rasa.raw]
    assert paths == [
        "/internal/take-over",
        "/internal/push",
        "/internal/take-over",
        "/internal/emergency-over",
        "/internal/level",
        "/internal/emergency-over",
    ]
    assert {h["X-Action-Secret"] for _, h, _ in rasa.raw} == {action_secret(clinic)}
    assert rasa.posts[0]["nurse"] == "Ada" and rasa.posts[2]["nurse"] is None
    assert rasa.posts[1] == {
        "channel": "web",
        "conversation_id": "one",
        "key": f"{alert_id}:1",
        "text": "I am here",
        "author": "nurse",
        "author_name": "Ada",
        "buttons": [],
    }
    assert rasa.posts[4]["level"] == "ROUTINE"
    assert [rasa.posts[number]["closed"] for number in (3, 5)] == [False, True]
    assert {row.state for row in rows(clinic)} == {"sent"}
    with database.reading(clinic) as session:
        done = [event.action for event in audit.timeline(session, alert_id)]
    assert done.count(audit.REACHED_PATIENT) == 1


def test_while_the_chat_is_down_her_words_wait_in_order(clinic, rasa, alert_id):
    rasa.status = 503
    drain(clinic)
    assert [row.state for row in rows(clinic)] == ["due", "due"]
    assert rows(clinic)[1].attempts == 0
    rasa.status = 200
    make_due(clinic)
    drain(clinic)
    assert [row.state for row in rows(clinic)] == ["sent", "sent"]


def test_what_can_never_arrive_is_shown_with_the_reason_and_holds_up_nothing(
    clinic, rasa, alert_id
):
    rasa.status, rasa.answer = 422, b'{"reason": "The 24-hour window is closed."}'
    drain(clinic)
    with database.reading(clinic) as session:
        given_up = outgoing.undelivered(session)
        last = audit.timeline(session, alert_id)[-1]
    assert [row.last_error for row in given_up] == ["The 24-hour window is closed."] * 2
    assert last.action == audit.PATIENT_NOT_REACHED


def test_an_address_that_is_missing_altogether_is_no_unknown_conversation(clinic, rasa, alert_id):
    rasa.status, rasa.answer = 404, b"<h1>not found</h1>"
    drain(clinic)
    assert rows(clinic)[0].state == "due"


def test_several_dispatchers_send_each_row_once(clinic, rasa, alert_id):
    first, second = PatientDispatcher(clinic), PatientDispatcher(clinic)
    counts = [worker.run_once() for worker in (first, second, first, second)]
    assert sum(counts) == 2 and len(rasa.posts) == 2
