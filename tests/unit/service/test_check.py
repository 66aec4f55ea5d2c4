import dataclasses
import io
import sys
from pathlib import Path

import pytest
import yaml

from bot.service.check import check
from bot.settings import load_settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from care.conftest import telling


@pytest.fixture
def clinic(tmp_path):
    return dataclasses.replace(load_settings(environment={}), folder=tmp_path)


def run(settings, **options):
    output = io.StringIO()
    return check(settings, output, **options), output.getvalue()


def change(settings, **changes):
    plan = {**yaml.safe_load(settings.escalation.read_text()), **changes}
    path = settings.folder / "changed.yml"
    path.write_text(yaml.safe_dump(plan))
    return dataclasses.replace(settings, escalation=path)


def test_a_level_that_reaches_nobody_fails(clinic):
    code, said = run(clinic)
    assert code == 1
    assert "EMERGENCY_NOW: nurse on duty at once: nobody" in said


def test_it_says_who_would_be_told_now_and_by_which_services(clinic):
    code, said = run(telling(clinic, ward="mailto://127.0.0.1?to=a@b.example&from=c@d.example"))
    assert code == 0
    assert "EMERGENCY_NOW: nurse on duty at once: ward (mail); charge nurse" in said
    assert "On: mailto." in said and "Web chat: on." in said


def test_hours_of_the_week_that_reach_nobody_are_named(clinic):
    told = telling(clinic, ward="json://127.0.0.1")
    weekdays = {"days": ["mon", "tue", "wed", "thu", "fri"], "people": ["ward"]}
    rota = {"nurse on duty": [weekdays], "charge nurse": [], "on-call clinician": []}
    code, said = run(change(told, rota=rota))
    assert code == 1
    assert "EMERGENCY_NOW reaches nobody from Sat 00:00 until Mon 00:00." in said or (
        "It reaches nobody but the desk" in said
    )
    assert "ROUTINE reaches nobody" not in said


def test_an_address_nobody_understands_and_patient_text_are_pointed_out(clinic):
    code, said = run(change(telling(clinic, ward="pigeon://coop"), patient_text=True))
    assert code == 1
    assert "people.ward.mail" in said and "what the patient wrote" in said
    assert "pigeon://coop" not in said


def test_production_demands_a_monitor_outside(clinic):
    told = telling(clinic, ward="json://127.0.0.1")
    assert run(told)[0] == 0
    code, said = run(told, production=True)
    assert code == 1 and "No outside monitor" in said
