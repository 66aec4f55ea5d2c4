import threading

import pytest
from sqlalchemy import text

from bot.care import audit, database, handling, outgoing
from bot.care.alerts import get_alert
from bot.care.episodes import AlreadyClosed
from bot.care.handling import SomebodyFirst
from bot.care.models import Delivery, OutgoingMessage
from bot.triage.vocabulary import Level

from .samples import raise_sample


@pytest.fixture
def alert_id(settings):
    with database.transaction(settings) as session:
        return raise_sample(session, message_id="m1").id


def do(settings, step, *arguments, **named):
    with database.transaction(settings) as session:
        return step(session, *arguments, **named)


def read(settings, alert_id):
    with database.reading(settings) as session:
        return get_alert(session, alert_id)


def actions(settings, alert_id):
    with database.reading(settings) as session:
        return [event.action for event in audit.timeline(session, alert_id)]


def rows(settings):
    with database.reading(settings) as session:
        return session.query(OutgoingMessage).order_by(OutgoingMessage.id).all()


def test_an_alert_is_given_to_a_nurse_unless_a_colleague_was_faster(settings, alert_id):
    do(settings, handling.assign, alert_id, nurse="Ada", to="Ben")
    with pytest.raises(SomebodyFirst, match="Ben"):
        do(settings, handling.assign, alert_id, nurse="Cleo", to="Cleo")
    do(settings, handling.assign, alert_id, nurse="Cleo", to="Cleo", seen="Ben")
    assert read(settings, alert_id).assigned_to == "Cleo"
    assert actions(settings, alert_id).count(audit.ASSIGNED) == 2


def test_notes_are_sealed_in_the_database_and_kept_in_order(settings, alert_id):
    for words in ("rang twice, no answer", "husband says she is asleep"):
        do(settings, handling.add_note, alert_id, nurse="Ada", text=words)
    with database.reading(settings) as session:
        stored = " ".join(session.execute(text("SELECT text FROM notes")).scalars())
        notes = [note.text for note in handling.notes_of(session, alert_id)]
    assert notes == ["rang twice, no answer", "husband says she is asleep"]
    assert "husband" not in stored
    with pytest.raises(ValueError, match="note"):
        do(settings, handling.add_note, alert_id, nurse="Ada", text="  ")


def test_taking_over_acknowledges_and_tells_the_conversation_who_is_there(settings, alert_id):
    do(settings, handling.take_over, alert_id, nurse="Ada")
    do(settings, handling.take_over, alert_id, nurse="Ada")
    alert = read(settings, alert_id)
    assert (alert.acknowledged_by, alert.episode.taken_over_by) == ("Ada", "Ada")
    assert [(row.kind, row.author_name) for row in rows(settings)] == [("take-over", "Ada")]
    with pytest.raises(SomebodyFirst, match="Ada"):
        do(settings, handling.take_over, alert_id, nurse="Ben")


def test_handing_back_tells_the_conversation_that_nobody_is_there(settings, alert_id):
    do(settings, handling.take_over, alert_id, nurse="Ada")
    do(settings, handling.hand_back, alert_id, nurse="Ben")
    do(settings, handling.hand_back, alert_id, nurse="Ben")
    assert read(settings, alert_id).episode.taken_over_by is None
    assert [(row.kind, row.author_name) for row in rows(settings)] == [
        ("take-over", "Ada"),
        ("take-over", None),
        ("handed-back", "Ben"),
    ]
    assert actions(settings, alert_id)[-1] == audit.HANDED_BACK


def test_a_nurse_who_left_has_not_seen_to_the_emergency(settings, alert_id):
    do(settings, handling.take_over, alert_id, nurse="Ada")
    do(settings, handling.hand_back, alert_id, nurse="ladder", action=audit.LEFT)
    assert [row.kind for row in rows(settings)] == ["take-over", "take-over"]


def test_only_the_nurse_who_took_over_writes_and_a_form_sent_twice_is_sent_once(settings, alert_id):
    with pytest.raises(SomebodyFirst, match="Take over"):
        do(settings, handling.write_to_patient, alert_id, nurse="Ada", text="Hello", key="1")
    do(settings, handling.take_over, alert_id, nurse="Ada")
    for _ in range(2):
        do(settings, handling.write_to_patient, alert_id, nurse="Ada", text="I call you", key="1")
    with pytest.raises(SomebodyFirst, match="Ada"):
        do(settings, handling.write_to_patient, alert_id, nurse="Ben", text="Hello", key="2")
    words = [row for row in rows(settings) if row.kind == "text"]
    assert [(row.text, row.author, row.author_name) for row in words] == [
        ("I call you", "nurse", "Ada")
    ]


def test_resolving_keeps_the_outcome_and_why_ends_the_take_over_and_tells_nobody_more(
    settings, alert_id
):
    do(settings, handling.take_over, alert_id, nurse="Ada")
    do(settings, handling.resolve, alert_id, nurse="Ada", outcome="false alarm", reason="a joke")
    alert = read(settings, alert_id)
    assert (alert.outcome, alert.outcome_reason, alert.resolved_by) == (
        "false alarm",
        "a joke",
        "Ada",
    )
    assert alert.episode.closed_by == "Ada" and alert.episode.taken_over_by is None
    assert [(row.kind, row.author_name) for row in rows(settings)[1:]] == [
        ("take-over", None),
        ("closed", "Ada"),
    ]
    with database.reading(settings) as session:
        assert {delivery.state for delivery in session.query(Delivery)} == {"cancelled"}
    with pytest.raises(AlreadyClosed, match="Ada"):
        do(settings, handling.resolve, alert_id, nurse="Ben", outcome="routine", reason="x")


@pytest.mark.parametrize("outcome, reason", [("dunno", "x"), ("routine", " ")])
def test_resolving_needs_a_known_outcome_and_a_reason(settings, alert_id, outcome, reason):
    with pytest.raises(ValueError, match=r"outcome|reason"):
        do(settings, handling.resolve, alert_id, nurse="Ada", outcome=outcome, reason=reason)
    assert read(settings, alert_id).outcome is None


def test_a_nurse_lowers_the_level_with_a_reason_and_the_conversation_is_told(settings, alert_id):
    do(
        settings,
        handling.lower_level,
        alert_id,
        nurse="Ada",
        seen=Level.EMERGENCY_NOW,
        level=Level.ROUTINE,
        reason="seen on the ward",
    )
    alert = read(settings, alert_id)
    assert (alert.level, alert.highest_level) == (Level.ROUTINE, Level.EMERGENCY_NOW)
    assert [(row.kind, row.level) for row in rows(settings)] == [("level", Level.ROUTINE)]
    # The message she has judged raises nothing again; a new one does.
    with database.transaction(settings) as session:
        raise_sample(session, message_id="m1")
    assert read(settings, alert_id).level is Level.ROUTINE
    with database.transaction(settings) as session:
        raise_sample(session, message_id="m2")
    assert read(settings, alert_id).level is Level.EMERGENCY_NOW


def test_a_level_that_rose_meanwhile_is_not_lowered(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, level=Level.URGENT_SAME_DAY).id
    with database.transaction(settings) as session:
        raise_sample(session, text="now i cant breathe")
    wish = {"seen": Level.URGENT_SAME_DAY, "level": Level.ROUTINE, "reason": "mild"}
    with pytest.raises(SomebodyFirst, match="EMERGENCY_NOW"):
        do(settings, handling.lower_level, alert_id, nurse="Ada", **wish)
    with pytest.raises(ValueError, match="below"):
        do(
            settings,
            handling.lower_level,
            alert_id,
            nurse="Ada",
            seen=Level.EMERGENCY_NOW,
            level=Level.EMERGENCY_NOW,
            reason="x",
        )


def test_of_two_nurses_who_take_over_at_once_one_learns_that_the_other_was_first(
    settings, alert_id
):
    gate, refused = threading.Barrier(2), []

    def press(nurse):
        gate.wait()
        try:
            do(settings, handling.take_over, alert_id, nurse=nurse)
        except SomebodyFirst as error:
            refused.append((nurse, str(error)))

    threads = [threading.Thread(target=press, args=(nurse,)) for nurse in ("Ada", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    ((loser, sentence),) = refused
    winner = read(settings, alert_id).episode.taken_over_by
    assert winner != loser and winner in sentence


@pytest.mark.parametrize("words", ["", " ", "x" * 2000])
def test_words_that_no_channel_takes_are_refused(settings, alert_id, words):
    patient = read(settings, alert_id).episode.patient
    with pytest.raises(ValueError, match="characters"):
        do(settings, outgoing.send, patient=patient, text=words, author="bot", key="k")
