"""The main job with both services as real processes: a question, an emergency, a dead service."""

import functools
import os
import signal
import time
from dataclasses import replace

import httpx
import pytest

from bot.desk import api_tokens
from bot.service.processes import free_port, stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model
from bot.settings import load_settings

pytestmark = pytest.mark.services

EMERGENCY = "i got my b12 jab 20 min ago, now im wheezing and my lips are swelling"


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """Both services on free ports with databases of their own."""
    folder = tmp_path_factory.mktemp("var")
    settings = replace(
        load_settings(environment={}),
        folder=folder,
        care_database=f"sqlite:///{folder / 'care.db'}",
        conversation_database=folder / "conversations.db",
        patient_port=free_port(),
        care_port=free_port(),
    )
    services = services_for(settings, str(ensure_model()))
    try:
        for service in services:
            service.start()
        wait_until_up(services, START_SECONDS, print)
        yield settings, {service.name: service for service in services}
    finally:
        stop_all(services)


class Patient:
    """Somebody with the patient page open, as its script talks to the server."""

    def __init__(self, settings):
        self.client = httpx.Client(
            base_url=f"http://{settings.host}:{settings.patient_port}", timeout=60
        )
        session = self.client.post("/chat/session").raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {session['token']}"
        self.sent = 0

    def writes(self, text):
        self.sent += 1
        body = {"id": f"message-{self.sent}", "text": text}
        answer = self.client.post("/chat/messages", json=body).raise_for_status().json()
        return [message["text"] for message in answer["answers"]]


@functools.cache
def token_for(database_address):
    settings = replace(load_settings(), care_database=database_address)
    return api_tokens.add(settings, "test", ["read"])


def alerts(settings):
    """Return the alerts as a program of the hospital sees them."""
    answer = httpx.get(
        f"http://{settings.host}:{settings.care_port}/api/alerts",
        headers={"Authorization": f"Bearer {token_for(settings.care_database)}"},
    )
    return answer.raise_for_status().json()


def wait_for_alert(settings, text, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = [alert for alert in alerts(settings) if text in alert["text"]]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no alert within {seconds} s")


def test_a_question_of_the_faq_is_answered_from_the_facts(system):
    settings, _ = system
    answer = " ".join(Patient(settings).writes("is a 1mg b12 injection safe in pregnancy"))
    assert "seen as safe in pregnancy" in answer
    assert "EMERGENCY" not in answer.split("Call", 1)[0]


def test_an_emergency_gets_the_emergency_message_first_and_a_nurse_hears_of_it(system):
    settings, _ = system
    patient = Patient(settings)
    patient.writes("hi")
    answers = patient.writes(EMERGENCY)
    assert answers[0].startswith("EMERGENCY")
    alert = wait_for_alert(settings, EMERGENCY, seconds=1)
    assert alert["level"] == "EMERGENCY_NOW"
    assert {"BR-02", "SK-03"} <= {finding["key"] for finding in alert["findings"]}
    assert "C-02" in alert["rules"]


def test_one_episode_raises_one_alert(system):
    settings, _ = system
    patient = Patient(settings)
    for text in ("my throat is closing two hours after the shot", "still closing", "help"):
        assert "call" in " ".join(patient.writes(text)).lower()
    matching = [alert for alert in alerts(settings) if "two hours after the shot" in alert["text"]]
    assert len(matching) == 1


def test_an_emergency_at_the_very_first_message_comes_before_any_greeting(system):
    settings, _ = system
    assert Patient(settings).writes("cant breathe")[0].startswith("EMERGENCY")


def test_a_slash_is_text_and_never_a_command(system):
    settings, _ = system
    assert Patient(settings).writes("/cant_breathe")[0].startswith("EMERGENCY")
    answer = " ".join(Patient(settings).writes("/restart"))
    assert answer.strip()


def test_one_id_leads_from_the_request_to_the_notification(system):
    settings, _ = system
    patient = Patient(settings)
    patient.client.headers["X-Correlation-Id"] = "end-to-end-0001"
    assert "EMERGENCY" in patient.writes(EMERGENCY)[0]
    logs = settings.folder / "log"

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
    settings, _ = system
    for port, figure in (
        (settings.patient_port, 'bot_messages_total{channel="web",level="EMERGENCY_NOW"'),
        (settings.care_port, 'care_open_alerts{acknowledged="no",level="EMERGENCY_NOW"}'),
    ):
        address = f"http://{settings.host}:{port}"
        assert httpx.get(f"{address}/health/live").json() == {"status": "live"}
        ready = httpx.get(f"{address}/health/ready")
        assert (ready.status_code, ready.json()["problems"]) == (200, [])
        assert figure in httpx.get(f"{address}/metrics").text
        through_a_proxy = {"X-Forwarded-For": "203.0.113.7"}
        assert httpx.get(f"{address}/metrics", headers=through_a_proxy).status_code == 403


def test_with_care_dead_the_emergency_message_still_comes_and_the_alert_is_recovered(system):
    settings, services = system
    care = services["care"]
    os.killpg(care.process.pid, signal.SIGKILL)
    care.process.wait()
    text = EMERGENCY.replace("20 min", "25 min")
    answers = Patient(settings).writes(text)
    assert answers[0].startswith("EMERGENCY")
    question = " ".join(Patient(settings).writes("my arm is sore where i had the injection"))
    assert "call" in question.lower(), "an unfinished check must end in the safe text"

    care.start()
    wait_until_up([care], START_SECONDS, print)
    assert wait_for_alert(settings, text, seconds=15)["recovered"] is True
