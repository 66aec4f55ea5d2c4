from datetime import timedelta

import pytest
import yaml

from bot.care.escalation import EscalationError, read_escalation
from bot.care.ladder import Address
from bot.settings import PROJECT
from bot.triage.vocabulary import Level

SHIPPED = PROJECT / "escalation.yml"


def plan(**changes):
    content = yaml.safe_load(SHIPPED.read_text())
    content["people"] = {"ward": {"sms": "json://127.0.0.1"}}
    content["rota"]["nurse on duty"] = [{"people": ["ward"]}]
    return {**content, **changes}


def read(tmp_path, content, environment=None):
    path = tmp_path / "escalation.yml"
    path.write_text(yaml.safe_dump(content))
    return read_escalation(path, environment or {})


def test_the_shipped_file_is_usable_and_keeps_the_promised_times():
    ladder = read_escalation(SHIPPED, {}).ladders[Level.EMERGENCY_NOW]
    assert [(tier.who, tier.after / timedelta(minutes=1)) for tier in ladder.tiers] == [
        ("nurse on duty", 0),
        ("charge nurse", 2),
        ("on-call clinician", 5),
    ]
    assert ladder.repeat == timedelta(minutes=5) and ladder.working_hours is None


def test_secrets_come_from_the_environment(tmp_path):
    content = plan(people={"ward": {"web": {"url": "webhook+http://x", "secret": "${KEY}"}}})
    found = read(tmp_path, content, {"KEY": "k" * 16})
    assert found.people["ward"]["web"] == Address("webhook+http://x", "k" * 16)
    with pytest.raises(EscalationError, match=r"people\.ward\.web\.secret needs .* KEY"):
        read(tmp_path, content)


def emergency(**changes):
    content = plan()
    content["levels"]["EMERGENCY_NOW"].update(changes)
    return content


WRONG = [
    (plan(time_zone="Mars/Base"), "time_zone"),
    (plan(color="red"), "the unknown entry 'color'"),
    (plan(people={"ward": {}}), r"people\.ward has no address"),
    (plan(people={"ward": {"sms": "12345"}}), r"people\.ward\.sms is no address"),
    (
        plan(people={"ward": {"web": {"url": "webhook+http://x", "secret": "short"}}}),
        r"people\.ward\.web\.secret",
    ),
    (plan(rota={"nurse on duty": [{"people": ["ghost"]}]}), r"nurse on duty\[1\]\.people is 'gh"),
    (plan(rota={"nurse on duty": [{"people": []}]}), r"rota\.nurse on duty\[1\]\.people is empty"),
    (
        plan(rota={"nurse on duty": [{"people": ["ward"], "from": 420}]}),
        r"nurse on duty\[1\]\.from is 420",
    ),
    (plan(rota={"n": [{"people": ["ward"], "days": ["funday"]}]}), r"rota\.n\[1\]\.days"),
    (plan(levels={}), r"levels\.EMERGENCY_NOW is missing"),
    (emergency(hours="working"), r"EMERGENCY_NOW\.hours is working"),
    (emergency(tiers=[]), r"EMERGENCY_NOW\.tiers is empty"),
    (emergency(tiers=[{"who": "chief", "after": "0 min"}]), r"tiers\[1\]\.who is 'chief'"),
    (
        emergency(
            tiers=[{"who": "ward", "after": "5 min"}, {"who": "nurse on duty", "after": "1 min"}]
        ),
        r"tiers\[2\]\.after is before",
    ),
    (emergency(tiers=[{"who": "ward", "after": "0 min", "how": ["fax"]}]), r"tiers\[1\]\.how"),
    (emergency(repeat="often"), r"EMERGENCY_NOW\.repeat is 'often'"),
    (emergency(repeat="1 s"), r"EMERGENCY_NOW\.repeat"),
    (plan(patient_text="no"), "patient_text"),
    (plan(heartbeat="ping me"), "heartbeat"),
]


@pytest.mark.parametrize("content, named", WRONG, ids=[named for _, named in WRONG])
def test_a_wrong_entry_is_named(tmp_path, content, named):
    with pytest.raises(EscalationError, match=named):
        read(tmp_path, content)


@pytest.mark.parametrize("text", ["levels: [", "- a list"])
def test_a_file_that_is_no_plan_is_refused(tmp_path, text):
    path = tmp_path / "escalation.yml"
    path.write_text(text)
    with pytest.raises(EscalationError):
        read_escalation(path, {})
