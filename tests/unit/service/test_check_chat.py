import dataclasses

import pytest

from bot.service.check_chat import check_chat
from bot.service.findings import ERROR, OK, WARNING
from bot.settings import load_settings

POSTGRESQL = "postgresql+psycopg2://user@db.example.org/chat"


@pytest.fixture
def clinic(tmp_path):
    return dataclasses.replace(load_settings(environment={}), folder=tmp_path, region="GB")


def states(settings, production=True, **environment):
    return [finding.state for finding in check_chat(settings, production, environment)]


def test_one_machine_with_its_own_page_is_fine(clinic):
    assert states(clinic, production=False) == [OK, OK, OK]
    assert states(clinic) == [OK, OK, WARNING]


def test_an_unknown_region_fails_in_production(clinic):
    unknown = dataclasses.replace(clinic, region="unknown")
    assert states(unknown)[0] == ERROR
    assert states(unknown, production=False)[0] == WARNING


def test_a_site_without_tls_fails_in_production(clinic):
    sites = ["https://clinic.example", "http://clinic.example"]
    assert states(dataclasses.replace(clinic, allowed_origins=sites))[1:3] == [OK, ERROR]


def test_a_shared_database_needs_a_shared_key(clinic):
    shared = dataclasses.replace(clinic, channel_database=POSTGRESQL)
    assert states(shared)[-1] == ERROR
    assert states(shared, BOT_CHAT_KEY="x" * 43)[-1] == OK
