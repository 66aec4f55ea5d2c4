"""Distinctive sentences go through the real services; nothing but sealed stores may hold them."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from care.conftest import telling
from care.receivers import WebServer, serving
from real_system import Patient, System

from bot.care import database, outgoing
from bot.care.models import Alert, Note, OutgoingMessage
from bot.privacy import search
from bot.privacy.erase import erase
from bot.privacy.stores import stores
from bot.service.processes import stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model

pytestmark = pytest.mark.services

SYMPTOM = "my arm is sore since the shot and zebracorn lanterns hum in it"
EMERGENCY = "cant breathe after my b12 shot and quagmire violins are playing"
NOTE = "she told me of periwinkle anvils on the telephone"
FAILED = "nurse words about marzipan turbines that never arrive"
REFUSED = "obsidian teacups in a request that is refused"
CANARIES = (SYMPTOM, EMERGENCY, NOTE, FAILED, REFUSED)


def test_her_words_are_nowhere_in_the_clear_and_gone_after_erasing(tmp_path):
    receiver = WebServer()
    with serving(receiver):
        folder = tmp_path / "var"
        folder.mkdir()
        system = System(folder)
        settings = replace(
            system.settings,
            patient_service=system.chat,
            escalation=telling(system.settings, Ada=receiver.url).escalation,
        )
        services = services_for(settings, str(ensure_model()))
        try:
            for service in services:
                service.start()
            wait_until_up(services, START_SECONDS, print)
            answers = _live(system)
            deadline = time.monotonic() + 10
            while not receiver.raw and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            stop_all(services)
        told = json.dumps([str(each) for each in receiver.raw])
    assert receiver.raw, "the notifier told nobody, so it proves nothing"
    words = [*CANARIES, "zebracorn", "quagmire", "periwinkle", "marzipan", "obsidian"]
    files = search.search_files(search.files_of(folder, []), words)
    assert files.found == {} and files.files >= 5
    assert [word for word in words if word in told or word in answers] == []
    found = search.search_tables(stores(settings), CANARIES, print).found
    assert set(found) == {SYMPTOM, EMERGENCY, NOTE, FAILED}
    with database.reading(settings) as session:
        conversations = {alert.episode.patient.conversation_id for alert in session.query(Alert)}
    for conversation in conversations:
        proof = erase(settings, conversation, actor="operator test", reason="test-data", tell=print)
        assert proof.left == [], proof.lines()
        print("\n".join(proof.lines()))
    assert search.search_tables(stores(settings), CANARIES, print).found == {}


def _live(system):
    """Say everything through the services; return error answers and figures as one text."""
    settings, patient = system.settings, Patient(system)
    patient.writes(SYMPTOM)
    patient.writes(EMERGENCY)
    system.wait_for_alert(EMERGENCY, seconds=5)
    with database.transaction(settings) as session:
        alert = session.query(Alert).one()
        session.add(Note(alert_id=alert.id, nurse="Ada", text=NOTE))
        message = outgoing.send(
            session,
            patient=alert.episode.patient,
            text=FAILED,
            author="nurse",
            author_name="Ada",
            key="canary",
        )
        # No such address: the message stays undelivered.
        message.state = "failed"
        assert session.query(OutgoingMessage).count() >= 1
    base = f"http://127.0.0.1:{settings.patient_port}"
    care = f"http://127.0.0.1:{settings.care_port}"
    refused = [
        httpx.post(f"{base}/chat/messages", json={"id": "x", "text": REFUSED}),
        patient.client.post("/chat/messages", json={"id": "", "text": REFUSED}),
        patient.client.post("/chat/messages", json={"id": "message-1", "text": REFUSED}),
        patient.client.post("/chat/messages", content=f'{{"text": "{REFUSED}"'),
        httpx.post(f"{care}/actions/webhook", json={"text": REFUSED}),
        httpx.get(f"{care}/api/alerts", params={"state": REFUSED}),
    ]
    assert all(answer.status_code >= 400 for answer in refused), refused
    figures = [httpx.get(f"{address}/metrics") for address in (base, care)]
    assert all("_total" in answer.text for answer in figures)
    return "\n".join(answer.text for answer in (*refused, *figures))
