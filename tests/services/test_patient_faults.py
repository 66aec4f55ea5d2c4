"""The quick ones of docs/durability.md: what a patient gets at the web channel in a fault."""

import pytest

from benchmarks.faults import on_servers, poisoned, seen
from benchmarks.faults.clinic import EMERGENCY, QUESTION, Clinic, Patient
from benchmarks.faults.wire import DOWN, HUNG
from benchmarks.faults.world import wait_for
from bot.service.training import ensure_model

pytestmark = pytest.mark.services


def test_without_a_model_an_emergency_gets_its_text_and_the_nurse_her_alert(tmp_path):
    clinic = Clinic(tmp_path, ensure_model())
    clinic.model.write_bytes(clinic.model.read_bytes()[:100_000])
    try:
        clinic.start(with_model=False)
        patient = Patient(clinic.settings)
        assert patient.writes(QUESTION).kind == "safe text"
        assert patient.writes(EMERGENCY).kind == "emergency text"
        wait_for(lambda: clinic.alert_of(patient), "the alert", 60)
        assert clinic.said == []
    finally:
        clinic.close()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    made = Clinic(tmp_path_factory.mktemp("clinic"), ensure_model())
    try:
        yield made.start("benchmarks.faults.poisoned")
    finally:
        made.close()


@pytest.mark.parametrize(
    "how",
    [
        {"mode": DOWN},
        {"mode": HUNG},
        {"garbled": on_servers.WRONG[0:1]},
        {"garbled": [b'{"events": [], "responses": [{"text": 7}]}']},
    ],
    ids=["down", "hung", "no JSON", "wrong JSON"],
)
def test_an_action_server_that_is(clinic, how):
    wire = clinic.wires["actions"]
    line = seen.seen(clinic, "actions", lambda: wire.set(**how), wire.set)
    assert line.ok, line
    assert line.question.kind == "answer"


def test_a_message_that_breaks_a_component_is_still_screened(clinic):
    line = seen.seen(
        clinic,
        "poison",
        lambda: None,
        lambda: None,
        question=f"{QUESTION} {poisoned.RAISES}",
        emergency=f"{EMERGENCY} {poisoned.RAISES}",
    )
    assert line.ok, line
    assert line.question.kind == "safe text"
