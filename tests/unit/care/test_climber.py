from datetime import timedelta

import pytest

from bot.care import audit, climber, database, handling, ladders
from bot.care.alerts import acknowledge, get_alert
from bot.care.clock import now
from bot.care.models import Alert, Delivery, LadderStep, OutgoingMessage
from bot.care.watchdog import Watchdog, stuck
from bot.triage.vocabulary import Level

from .conftest import telling
from .samples import raise_sample

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clinic(settings):
    """Ada and Ben are on duty; the charge nurse and the clinician have nobody."""
    return telling(settings, Ada="json://127.0.0.1:9", Ben="json://127.0.0.1:9")


@pytest.fixture
def alert_id(clinic):
    with database.transaction(clinic) as session:
        return raise_sample(session).id


def do(clinic, step, *arguments, **named):
    with database.transaction(clinic) as session:
        return step(session, *arguments, **named)


def told(clinic):
    with database.reading(clinic) as session:
        rows = session.query(Delivery).order_by(Delivery.id)
        return [(row.recipient.split(" (")[0], row.kind) for row in rows]


def steps(clinic):
    with database.reading(clinic) as session:
        rows = session.query(LadderStep).order_by(LadderStep.id)
        return [(row.round, row.number, row.state) for row in rows]


def actions(clinic, alert_id):
    with database.reading(clinic) as session:
        return [event.action for event in audit.timeline(session, alert_id)]


def read(clinic, alert_id):
    with database.reading(clinic) as session:
        return get_alert(session, alert_id)


def test_the_first_tier_is_told_in_the_transaction_of_the_alert(clinic, alert_id):
    assert told(clinic) == [("Ada", "alert"), ("Ben", "alert")]
    assert steps(clinic) == [(1, 1, "sent"), (1, 2, "due")]


def test_tiers_without_anybody_are_passed_and_everybody_is_told_again_until_one_acknowledges(
    clinic, alert_id
):
    at = now()
    assert do(clinic, ladders.take_due, at=at + MINUTE) == 0
    assert do(clinic, ladders.take_due, at=at + 3 * MINUTE) == 1
    # Two and three have nobody, so the log is told; the repetition keeps its time.
    assert told(clinic)[2:] == [("log", "alert")]
    assert do(clinic, ladders.take_due, at=at + 11 * MINUTE) == 1
    assert told(clinic)[3:] == [("Ada", "alert"), ("Ben", "alert")]
    do(clinic, acknowledge, alert_id, nurse="Ada")
    assert do(clinic, ladders.take_due, at=at + 60 * MINUTE) == 0
    with database.reading(clinic) as session:
        assert {row.state for row in session.query(Delivery)} == {"cancelled"}


def test_a_level_that_rises_starts_a_ladder_of_its_own(clinic):
    for level in (Level.URGENT_SAME_DAY, Level.EMERGENCY_NOW):
        do(clinic, raise_sample, level=level, text=level.name)
    assert steps(clinic) == [(1, 1, "sent"), (1, 2, "cancelled"), (2, 1, "sent"), (2, 2, "due")]


def test_a_nurse_who_did_nothing_is_reminded_and_then_the_ladder_goes_on(clinic, alert_id):
    at = now()
    do(clinic, acknowledge, alert_id, nurse="Ada")
    assert do(clinic, climber.lapse, at=at + 14 * MINUTE) == 0
    assert do(clinic, climber.lapse, at=at + 16 * MINUTE) == 1
    assert told(clinic)[2:] == [("Ada", "reminder")]
    assert read(clinic, alert_id).acknowledged_by == "Ada"
    assert do(clinic, climber.lapse, at=at + 22 * MINUTE) == 1
    alert = read(clinic, alert_id)
    assert alert.acknowledged_by is None and alert.ladder_round == 2
    assert told(clinic)[3:] == [("Ada", "alert"), ("Ben", "alert")]
    assert actions(clinic, alert_id)[-3:] == [audit.REMINDED, audit.LAPSED, audit.STEP_TAKEN]


def test_work_on_the_alert_renews_the_acknowledgement(clinic, alert_id):
    at = now()
    do(clinic, acknowledge, alert_id, nurse="Ada")
    do(clinic, climber.lapse, at=at + 16 * MINUTE)
    do(clinic, handling.add_note, alert_id, nurse="Ada", text="on the phone with her")
    alert = read(clinic, alert_id)
    assert alert.reminded_at is None and alert.acknowledged_until > at + 14 * MINUTE
    assert do(clinic, climber.lapse, at=at + 10 * MINUTE) == 0


def test_a_nurse_who_took_over_and_left_gives_the_conversation_back(clinic, alert_id):
    at = now()
    do(clinic, handling.take_over, alert_id, nurse="Ada")
    do(clinic, climber.lapse, at=at + 16 * MINUTE)
    do(clinic, climber.lapse, at=at + 22 * MINUTE)
    assert read(clinic, alert_id).episode.taken_over_by is None
    assert audit.LEFT in actions(clinic, alert_id)
    with database.reading(clinic) as session:
        names = [row.author_name for row in session.query(OutgoingMessage)]
    assert names == ["Ada", None]


def test_a_patient_who_goes_silent_after_emergency_advice_is_called_back_once(clinic, alert_id):
    at = now()
    after = timedelta(minutes=10)
    do(clinic, acknowledge, alert_id, nurse="Ada")
    assert do(clinic, climber.notice_silence, at=at + 9 * MINUTE, after=after) == 0
    assert do(clinic, climber.notice_silence, at=at + 11 * MINUTE, after=after) == 1
    assert do(clinic, climber.notice_silence, at=at + 12 * MINUTE, after=after) == 0
    assert told(clinic)[2:] == [("Ada", "silent")]
    assert read(clinic, alert_id).silent_since is not None
    do(clinic, raise_sample, text="i am here, the ambulance came")
    assert read(clinic, alert_id).silent_since is None


def test_silence_after_less_than_an_emergency_is_no_reason_to_call(clinic):
    do(clinic, raise_sample, level=Level.URGENT_SAME_DAY)
    after = timedelta(minutes=10)
    assert do(clinic, climber.notice_silence, at=now() + 60 * MINUTE, after=after) == 0


def test_a_clock_set_back_an_hour_holds_nothing_up(clinic, alert_id):
    earlier = now() - timedelta(hours=1)
    assert do(clinic, ladders.take_due, at=earlier) == 1
    with database.transaction(clinic) as session:
        from bot.care import outbox

        assert outbox.claim_due(session, owner="a", at=earlier)
    do(clinic, acknowledge, alert_id, nurse="Ada")
    do(clinic, climber.lapse, at=earlier)
    until = read(clinic, alert_id).acknowledged_until
    assert until == earlier + timedelta(minutes=15)


def test_an_open_alert_from_before_ladders_gets_one(clinic, alert_id):
    with database.transaction(clinic) as session:
        session.query(LadderStep).update({"state": "cancelled"})
    assert do(clinic, ladders.restart_missing) == 1
    assert do(clinic, ladders.restart_missing) == 0
    assert steps(clinic)[-1] == (2, 2, "due")


def test_the_watchdog_names_what_is_stuck_and_is_calm_otherwise(clinic, alert_id):
    def found(at):
        with database.reading(clinic) as session:
            return stuck(session, at=at)

    assert found(now()) == []
    assert [line.split(" ", 1)[1] for line in found(now() + 10 * MINUTE)] == [
        "steps of ladders are overdue.",
        "notifications are overdue.",
    ]
    do(clinic, acknowledge, alert_id, nurse="Ada")
    assert found(now() + 10 * MINUTE) == []
    assert "acknowledgements" in found(now() + 30 * MINUTE)[0]
    with database.transaction(clinic) as session:
        session.query(Alert).one().acknowledged_at = None
        session.query(Delivery).first().state = "failed"
    assert any("given up" in line for line in found(now()))


def test_a_watchdog_whose_database_is_gone_says_so(clinic, tmp_path):
    import dataclasses

    broken = dataclasses.replace(clinic, care_database=f"sqlite:///{tmp_path}")
    assert "does not answer" in Watchdog(broken, []).look()[0]


def test_the_heart_beats_only_while_nothing_is_stuck(settings, monkeypatch):
    from .receivers import WebServer, serving

    with serving(WebServer()) as monitor:
        clinic = telling(settings)
        plan = clinic.escalation.read_text().replace("heartbeat: ''", f"heartbeat: {monitor.web}")
        clinic.escalation.write_text(plan)
        watchdog = Watchdog(clinic, [])
        watchdog.work()
        assert monitor.beats == 1
        do(clinic, raise_sample)
        with database.transaction(clinic) as session:
            session.query(Delivery).first().state = "failed"
        watchdog.work()
        assert monitor.beats == 1 and watchdog.problems
