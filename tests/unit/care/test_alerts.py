import multiprocessing
import threading

import pytest

from bot.care import audit, database
from bot.care.alerts import acknowledge, get_alert, list_alerts, messages_of
from bot.care.episodes import AlreadyClosed, close_episode, open_episode
from bot.care.models import Acknowledgement, Alert, Delivery
from bot.triage.vocabulary import Assessment, Level, Subtype

from .conftest import settings_in, telling
from .samples import EMERGENCY, TEXT, raise_sample


def test_an_alert_is_written_with_its_cause_and_its_deliveries(settings, tmp_path):
    clinic = telling(settings_in(tmp_path), nurse="json://127.0.0.1", ward="json://127.0.0.2")
    with database.transaction(clinic) as session:
        alert_id = raise_sample(session).id
    with database.reading(settings) as session:
        alert = get_alert(session, alert_id)
        assert alert.level is Level.EMERGENCY_NOW
        assert alert.assessment.message.text == TEXT
        assert alert.assessment.rules == ["C-02", "WAO-1"]
        span = alert.assessment.findings[0]
        assert TEXT[span["start"] : span["end"]] == "lips went puffy"
        assert (alert.assessment.weeks_pregnant, alert.assessment.minutes_since_injection) == (
            33,
            20,
        )
        assert {d.recipient for d in session.query(Delivery)} == {"nurse (mail)", "ward (mail)"}
        assert [event.action for event in audit.timeline(session, alert_id)] == [
            audit.RAISED,
            audit.STEP_TAKEN,
        ]


def test_nothing_is_written_when_the_transaction_fails(settings):
    with pytest.raises(RuntimeError), database.transaction(settings) as session:
        raise_sample(session)
        raise RuntimeError
    with database.reading(settings) as session:
        assert session.query(Alert).count() == session.query(Delivery).count() == 0


def test_a_second_message_of_the_episode_joins_the_same_alert(settings):
    with database.transaction(settings) as session:
        first = raise_sample(session).id
    with database.transaction(settings) as session:
        second = raise_sample(session, text="still cant breathe").id
    assert first == second
    with database.reading(settings) as session:
        alert = get_alert(session, first)
        texts = [record.message.text for record in messages_of(session, alert.episode_id)]
        assert texts == [TEXT, "still cant breathe"]
        assert session.query(Delivery).count() == 1


def test_the_level_rises_notifies_again_and_needs_another_acknowledgement(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, level=Level.URGENT_SAME_DAY).id
        acknowledge(session, alert_id, nurse="Ada")
    with database.transaction(settings) as session:
        raise_sample(session, level=Level.EMERGENCY_NOW)
    with database.reading(settings) as session:
        alert = get_alert(session, alert_id)
        assert alert.level is Level.EMERGENCY_NOW
        assert alert.acknowledged_by is None
        assert [d.level for d in session.query(Delivery).order_by(Delivery.id)] == [
            Level.URGENT_SAME_DAY,
            Level.EMERGENCY_NOW,
        ]
        assert [a.nurse for a in session.query(Acknowledgement)] == ["Ada"]


def test_the_level_never_falls(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, level=Level.EMERGENCY_NOW).id
    better = Assessment(level=Level.SELF_CARE, subtype=Subtype.OTHER, rules=("GI-02",))
    with database.transaction(settings) as session:
        raise_sample(session, level=Level.SELF_CARE, assessment=better, text="feel better now")
    with database.reading(settings) as session:
        alert = get_alert(session, alert_id)
        assert alert.level is Level.EMERGENCY_NOW
        assert alert.assessment.rules == list(EMERGENCY.rules)


def test_the_same_message_twice_changes_nothing(settings):
    for _ in range(2):
        with database.transaction(settings) as session:
            alert_id = raise_sample(session, message_id="m1").id
    with database.reading(settings) as session:
        alert = get_alert(session, alert_id)
        assert len(messages_of(session, alert.episode_id)) == 1
        assert len(audit.timeline(session, alert_id)) == 2


def test_after_a_nurse_closed_the_episode_the_next_emergency_is_a_new_alert(settings):
    with database.transaction(settings) as session:
        first = raise_sample(session).id
        close_episode(session, first, nurse="Ada", outcome="true emergency")
    with database.transaction(settings) as session:
        second = raise_sample(session).id
    assert first != second
    with database.reading(settings) as session:
        assert [alert.id for alert in list_alerts(session)] == [second]
        assert len(list_alerts(session, include_closed=True)) == 2


def test_closing_says_who_was_first_and_refuses_unknown_outcomes(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session).id
        with pytest.raises(ValueError, match="false alarm"):
            close_episode(session, alert_id, nurse="Ada", outcome="dunno")
        close_episode(session, alert_id, nurse="Ada", outcome="routine")
        with pytest.raises(AlreadyClosed, match="Ada"):
            close_episode(session, alert_id, nurse="Ben", outcome="routine")


def test_the_state_of_an_episode_is_kept(settings):
    with database.transaction(settings) as session:
        open_episode(session, conversation_id="a", channel="web").state = {"asked": ["U-01"]}
    with database.transaction(settings) as session:
        assert open_episode(session, conversation_id="a", channel="web").state == {
            "asked": ["U-01"]
        }
        assert open_episode(session, conversation_id="a", channel="sms").state == {}


def test_the_queue_is_sorted_by_open_then_level_then_waiting(settings):
    with database.transaction(settings) as session:
        seen = raise_sample(session, conversation_id="seen").id
        acknowledge(session, seen, nurse="Ada")
        same_day = raise_sample(session, conversation_id="day", level=Level.URGENT_SAME_DAY).id
        older = raise_sample(session, conversation_id="older").id
        newer = raise_sample(session, conversation_id="newer").id
    with database.reading(settings) as session:
        assert [alert.id for alert in list_alerts(session)] == [older, newer, same_day, seen]


def test_of_two_nurses_at_once_one_is_first_and_the_other_learns_who(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session).id
    gate, results = threading.Barrier(2), []

    def press(nurse):
        gate.wait()
        with database.transaction(settings) as session:
            results.append((nurse, acknowledge(session, alert_id, nurse=nurse)))

    _together(press, ["Ada", "Ben"])
    winners = [nurse for nurse, result in results if result.first]
    assert len(winners) == 1
    assert {result.alert.acknowledged_by for _, result in results} == set(winners)


def test_acknowledging_an_unknown_alert_is_an_error(settings):
    with pytest.raises(LookupError), database.transaction(settings) as session:
        acknowledge(session, "nothing", nurse="Ada")


def test_threads_that_raise_the_same_episode_make_one_alert(settings):
    gate, ids = threading.Barrier(4), []

    def write(number):
        gate.wait()
        with database.transaction(settings) as session:
            ids.append(raise_sample(session, text=f"message {number}").id)

    _together(write, range(4))
    assert len(ids) == 4 and len(set(ids)) == 1
    with database.reading(settings) as session:
        alert = get_alert(session, ids[0])
        assert len(messages_of(session, alert.episode_id)) == 4
        assert session.query(Delivery).count() == 1


@pytest.mark.services
def test_processes_that_raise_the_same_episode_make_one_alert(settings):
    context = multiprocessing.get_context("spawn")
    running = [
        context.Process(target=_raise_in_process, args=(settings.folder, number))
        for number in range(2)
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    with database.reading(settings) as session:
        alert = session.query(Alert).one()
        assert len(messages_of(session, alert.episode_id)) == 10


def _raise_in_process(folder, number):
    made = settings_in(folder)
    for turn in range(5):
        with database.transaction(made) as session:
            raise_sample(session, text=f"process {number} message {turn}")


def _together(work, arguments):
    threads = [threading.Thread(target=work, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
