import base64
import dataclasses
import io

import httpx
import pytest
import yaml

from bot.service.check import check
from bot.service.check_production import check_production
from bot.service.findings import ERROR
from bot.settings import load_settings

SERVER = "postgresql+psycopg2://care:9fQ2kd8s@db.internal/care?sslmode=require"
KEYS = {
    "ACTION_ENDPOINT_SECRET": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "BOT_CHAT_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "BOT_ENCRYPTION_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
    "BOT_METRICS_TOKEN": "77aa88bb99cc",
}


@pytest.fixture
def clinic(tmp_path):
    base = load_settings(environment={})
    plan = yaml.safe_load(base.escalation.read_text())
    plan["people"] = {"ward": {"mail": "mailto://user:word@mail.hospital.invalid"}}
    plan["rota"] = {role: [{"people": ["ward"]}] for role in plan["rota"]}
    (tmp_path / "escalation.yml").write_text(yaml.safe_dump(plan))
    return dataclasses.replace(
        base,
        folder=tmp_path,
        care_database=SERVER,
        conversation_database=SERVER,
        channel_database=SERVER,
        lock_store="rediss://:4hs8Gk2@redis.internal:6379/0",
        escalation=tmp_path / "escalation.yml",
        service={"desk_address": "https://desk.clinic.org/desk"},
        allowed_origins=["https://clinic.org"],
    )


def errors(settings, status=404, without=(), **environment):
    given = {name: value for name, value in {**KEYS, **environment}.items() if name not in without}
    found = check_production(settings, True, given, lambda address: status)
    return [finding for finding in found if finding.state == ERROR]


def only(found):
    assert len(found) == 1, [finding.sentence for finding in found]
    assert found[0].fix
    return found[0].sentence


def test_a_production_that_is_set_up_passes(clinic):
    assert errors(clinic) == []


@pytest.mark.parametrize("name", [name for name in KEYS if name != "BOT_METRICS_TOKEN"])
def test_a_missing_or_broken_key(clinic, name):
    assert only(errors(clinic, without=[name])) == f"Missing key: {name} is not set."
    assert only(errors(clinic, **{name: "c2hvcnQ"})).startswith(f"Unusable key: {name}")


@pytest.mark.parametrize("name", ["care_database", "conversation_database", "channel_database"])
def test_sqlite(clinic, name):
    changed = dataclasses.replace(clinic, **{name: "sqlite:///x.db" if name[1] == "a" else ""})
    assert only(errors(changed)).startswith("SQLite: storage." + name)


def test_no_lock_store(clinic):
    assert only(errors(dataclasses.replace(clinic, lock_store=""))).startswith("No lock store")


def test_open_cors(clinic):
    changed = dataclasses.replace(clinic, allowed_origins=["http://clinic.org"])
    assert only(errors(changed)).startswith("Open CORS: web.allowed_origins has http://clinic.org")


def test_plain_http(clinic):
    for address in ("", "http://desk.clinic.org/desk"):
        changed = dataclasses.replace(clinic, service={"desk_address": address})
        assert only(errors(changed)).startswith("Plain HTTP: service.desk_address")
    everywhere = dataclasses.replace(clinic, host="0.0.0.0")
    assert only(errors(everywhere)).startswith("Plain HTTP: web.host")
    assert errors(everywhere, SANIC_PROXIES_COUNT="1") == []


def test_default_ladder(clinic):
    shipped = dataclasses.replace(clinic, escalation=load_settings(environment={}).escalation)
    assert only(errors(shipped)).startswith("Default ladder")


def test_sandbox_secrets(clinic):
    assert only(errors(clinic, SLACK_SIGNING_SECRET="changeme")).startswith("Sandbox secret: SLACK")
    assert only(errors(clinic, TWILIO_WHATSAPP_NUMBER="whatsapp:+14155238886")).startswith(
        "Sandbox secret: TWILIO_WHATSAPP_NUMBER"
    )
    weak = dataclasses.replace(clinic, lock_store="redis://:change-me@redis:6379/0")
    assert "the password of storage.lock_store" in only(errors(weak))


def test_rasas_api(clinic):
    assert only(errors(clinic, status=200)).startswith("Rasa's HTTP API is open")
    assert only(errors(clinic, status=401)).startswith("Rasa's HTTP API is open")

    def silent(address):
        raise httpx.ConnectError("no")

    found = [f for f in check_production(clinic, True, KEYS, silent) if "not known" in f.sentence]
    assert len(found) == 1


def test_the_command_refuses_a_fresh_installation_and_asks_nothing_else_of_it(tmp_path):
    fresh = dataclasses.replace(load_settings(environment={}), folder=tmp_path)
    output = io.StringIO()
    assert check(fresh, output, production=True) == 1
    for name in ("SQLite", "Default ladder", "Plain HTTP", "No lock store"):
        assert name in output.getvalue()
    assert list(check_production(fresh, False)) == []
