"""The main job with both services as real processes: a question, an emergency, a dead service."""

import os
import secrets
import signal
import time

import httpx
import pytest
from real_system import Patient

pytestmark = pytest.mark.services

EMERGENCY = "i got my b12 jab 20 min ago, now im wheezing and my lips are swelling"


def emergency():
    """Return words that no other test writes."""
    return f"{EMERGENCY} {secrets.token_hex(3)}"


def test_a_question_of_the_faq_is_answered_from_the_facts(system):
    answer = " ".join(Patient(system).writes("is a 1mg b12 injection safe in pregnancy"))
    assert "seen as safe in pregnancy" in answer
    assert "EMERGENCY" not in answer.split("Call", 1)[0]


def test_an_emergency_gets_the_emergency_message_first_and_a_nurse_hears_of_it(system):
    patient = Patient(system)
    patient.writes("hi")
    text = emergency()
    assert patient.writes(text)[0].startswith("EMERGENCY")
    alert = system.wait_for_alert(text, seconds=1)
    assert alert["level"] == "EMERGENCY_NOW"
    assert {"BR-02", "SK-03"} <= {finding["key"] for finding in alert["findings"]}
    assert "C-02" in alert["rules"]


def test_one_episode_raises_one_alert(system):
    patient = Patient(system)
    first = emergency()
    for text in (first, "still closing", "help"):
        assert "call" in " ".join(patient.writes(text)).lower()
    assert len(system.alerts(first)) == 1


def test_an_emergency_at_the_very_first_message_comes_before_any_greeting(system):
    assert Patient(system).writes("cant breathe")[0].startswith("EMERGENCY")


def test_a_slash_is_text_and_never_a_command(system):
    assert Patient(system).writes("/cant_breathe")[0].startswith("EMERGENCY")
    answer = " ".join(Patient(system).writes("/restart"))
    assert answer.strip()


def test_one_id_leads_from_the_request_to_the_notification(system):
    patient = Patient(system)
    patient.client.headers["X-Correlation-Id"] = "end-to-end-0001"
    assert "EMERGENCY" in patient.writes(EMERGENCY)[0]
    logs = system.settings.folder / "log"

    def lines(service):
        text = (logs / f"{service}.log").read_text()
        return [line for line in text.splitlines() if "[end-to-end-0001]" in line]

    deadline = time.monotonic() + 20
    while not any("sent at attempt" in line for line in lines("care")):
        assert time.monotonic() < deadline, "the notification does not carry the id"
        time.sleep(0.2)
    assert any("triage_level=EMERGENCY_NOW" in line for line in lines("rasa"))
    assert "wheezing" not in "".join(path.read_text() for path in logs.glob("*.log"))


def test_figures_and_readiness_of_both_services(system):
    Patient(system).writes(emergency())
    for address, figure, parts in (
        (
            system.chat,
            'bot_messages_total{channel="web",level="EMERGENCY_NOW"',
            {"model", "answers", "conversation database", "lock store"},
        ),
        (
            system.address,
            'care_open_alerts{acknowledged="no",level="EMERGENCY_NOW"}',
            {"care database", "dispatcher", "sweeper", "actions", "ladder reaches somebody"},
        ),
    ):
        assert httpx.get(f"{address}/health/live").json() == {"status": "live"}
        ready = httpx.get(f"{address}/health/ready")
        assert (ready.status_code, ready.json()["problems"]) == (200, [])
        assert parts <= set(ready.json()["parts"])
        assert figure in httpx.get(f"{address}/metrics").text
        through_a_proxy = {"X-Forwarded-For": "203.0.113.7"}
        assert httpx.get(f"{address}/metrics", headers=through_a_proxy).status_code == 403


def test_with_care_dead_the_emergency_message_still_comes_and_the_alert_is_recovered(system):
    care = system.services["care"]
    os.killpg(care.process.pid, signal.SIGKILL)
    care.process.wait()
    text = emergency()
    try:
        answers = Patient(system).writes(text)
        question = " ".join(Patient(system).writes("my arm is sore where i had the injection"))
    finally:
        system.start("care")
    assert answers[0].startswith("EMERGENCY")
    assert "call" in question.lower(), "an unfinished check must end in the safe text"
    assert system.wait_for_alert(text, seconds=15)["recovered"] is True
