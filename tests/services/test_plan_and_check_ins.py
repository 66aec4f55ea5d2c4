"""Her plan, a check-in over a restart of all, and a refused consent, on the real services."""

import re
import time
from datetime import timedelta

import pytest
from real_system import Patient, System
from sqlalchemy import select, update

from bot.care.clock import now
from bot.care.database import dispose, reading, transaction
from bot.care.models import CheckIn, Plan

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Return a system that may be stopped and started."""
    system = System(tmp_path_factory.mktemp("own"))
    system.start()
    yield system
    system.stop()
    dispose(system.settings)


def until(holds, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.5)
    raise AssertionError(f"not within {seconds} s")


def test_her_plan_is_in_the_chat_on_a_page_and_in_the_calendar_and_with_the_nurse(own):
    patient = Patient(own)
    for text in ("Make my plan", "B12 and MMA", "every 3 months, the next one on 14 March"):
        patient.writes(text)
    patient.writes("blood count on 2 May")
    patient.writes("Can I travel with it?")
    said = " ".join(patient.writes("No, that is all"))
    for part in ("B12 and MMA", "every 3 months", "blood count on 2 May", "Can I travel with it?"):
        assert part in said
    link = re.search(r"/chat/plan/[\w-]+", said).group()
    page = patient.client.get(link).raise_for_status().text
    assert "B12 and MMA" in page and "Can I travel with it?" in page
    assert "/calendar" in page
    calendar = patient.client.get(f"{link}/calendar").raise_for_status()
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "0314" in calendar.text and "0502" in calendar.text
    assert "I've sent your plan" in " ".join(patient.writes("Yes, send it to the nurse"))
    assert own.wait_for_alert("Can I travel with it?")["level"] == "ROUTINE"
    with reading(own.settings) as session:
        assert [plan.shared_with_nurse for plan in session.execute(select(Plan)).scalars()]


def test_a_check_in_survives_a_restart_comes_once_and_its_answer_is_screened(own):
    patient = Patient(own)
    patient.writes("my arm is a bit sore since the injection yesterday, 30 weeks")
    assert "30 minutes" in " ".join(patient.writes("Check on me in 30 minutes"))
    own.stop()
    with transaction(own.settings) as session:
        session.execute(update(CheckIn).values(due_at=now() - timedelta(minutes=1)))
    own.start()

    def asked():
        said = patient.client.get("/chat/history").json()
        return [one for one in said["events"] if "How are you since your injection" in str(one)]

    assert len(until(asked)) == 1
    assert patient.writes("a bit")[0].startswith("EMERGENCY")
    time.sleep(6)
    assert len(asked()) == 1


def test_after_stop_no_check_in_comes(own):
    patient = Patient(own)
    patient.writes("my arm is a bit sore since the injection yesterday, 30 weeks")
    patient.writes("Check on me tomorrow")
    assert "stopped the check-ins" in " ".join(patient.writes("STOP"))
    with reading(own.settings) as session:
        states = [one.state for one in session.execute(select(CheckIn)).scalars()]
    assert states[-1] == "cancelled"


def test_after_a_refusal_no_store_keeps_her_words_and_an_emergency_is_still_told(own):
    patient = Patient(own)
    patient.writes("which foods have b12, asks canary one")
    assert "take your words out" in " ".join(patient.writes("No, do not store it"))
    patient.writes("does canary two contain cheese and b12")
    said = patient.client.get("/chat/history").json()
    assert "canary" not in str(said)
    from bot.encryption import decrypt_event
    from bot.nlu.conversation_store import EVENTS, _engine

    engine = _engine(str(own.settings.conversation_database))
    with engine.connect() as connection:
        rows = connection.execute(select(EVENTS.c.data)).scalars().all()
    engine.dispose()
    assert len(rows) > 10
    assert not [row for row in map(decrypt_event, rows) if "canary" in row]
    emergency = "my throat is closing and i can't breathe, canary three"
    assert patient.writes(emergency)[0].startswith("EMERGENCY")
    assert own.wait_for_alert(emergency)["level"] == "EMERGENCY_NOW"
