"""Signing in through a provider, against a small real one on loopback."""

import dataclasses
import sys
import types

import httpx
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from bot.care import database
from bot.care.app import create_app
from bot.care.models import DeskSession
from bot.desk import accounts, openid
from bot.service.processes import free_port
from bot.settings import SettingsError

from .conftest import PASSWORD
from .provider import CLIENT, SECRET, Provider

# Real sockets and a real key: a few seconds.
pytestmark = pytest.mark.services

ROLES = {"b12-leads": "lead", "b12-nurses": "nurse", "quality": "auditor"}


@pytest.fixture(scope="module")
def provider():
    with Provider(free_port()) as made:
        yield made


@pytest.fixture
def clinic(settings, provider):
    provider.key, provider.claims = provider.published, {}
    return dataclasses.replace(
        settings,
        openid={
            "name": "Hospital account",
            "issuer": provider.issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "roles": ROLES,
        },
    )


@pytest.fixture
def desk(clinic, monkeypatch):
    package = types.ModuleType("no_actions_here")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "no_actions_here", package)
    app = create_app(clinic, actions="no_actions_here")
    with TestClient(app, base_url="http://127.0.0.1:5055") as client:
        yield client


def go(desk):
    """Press the button, let the provider answer, and come back; returns the desk's answer."""
    away = desk.get("/desk/openid", follow_redirects=False)
    assert away.status_code == 302, away.text
    back = httpx.get(away.headers["location"], follow_redirects=False).headers["location"]
    return desk.get(back, follow_redirects=False)


@pytest.mark.parametrize(
    ("groups", "role", "home"),
    [
        (["staff", "b12-nurses"], "nurse", "/desk"),
        (["b12-nurses", "b12-leads"], "lead", "/desk"),
        ("quality", "auditor", "/desk/audit"),
    ],
)
def test_the_group_at_the_provider_gives_the_role(desk, clinic, provider, groups, role, home):
    provider.claims = {"preferred_username": "ada@hospital", "groups": groups}
    answer = go(desk)
    assert (answer.status_code, answer.headers["location"]) == (303, home)
    with database.reading(clinic) as session:
        found = session.query(DeskSession).one()
    assert (found.nurse, found.role) == ("ada@hospital", role)
    assert desk.get(home).status_code == 200


@pytest.mark.parametrize("claims", [{"groups": []}, {"groups": ["staff"]}, {"groups": None}, {}])
def test_nobody_without_a_role_comes_in(desk, provider, claims):
    provider.claims = {"preferred_username": "ada@hospital", **claims}
    answer = go(desk)
    assert answer.status_code == 403 and "has no role at this desk" in answer.text
    assert desk.get("/desk", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\x00b", None])
def test_nobody_without_a_usable_name_comes_in(desk, provider, name):
    provider.claims = {"preferred_username": name, "groups": ["b12-nurses"]}
    answer = go(desk)
    assert answer.status_code == 403 and "no name that can be used" in answer.text


def test_a_local_account_is_never_taken_over(desk, clinic, provider):
    accounts.add_user(clinic, "Ada", PASSWORD, "admin")
    provider.claims = {"preferred_username": "ADA", "groups": ["b12-nurses"]}
    answer = go(desk)
    assert answer.status_code == 403 and "local account with your name" in answer.text


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}],
)
def test_a_token_for_somebody_else_is_refused(desk, provider, claims):
    provider.claims = {"preferred_username": "ada", "groups": ["b12-nurses"], **claims}
    answer = go(desk)
    assert answer.status_code == 403 and "did not confirm who you are" in answer.text


def test_a_token_signed_by_somebody_else_is_refused(desk, provider):
    provider.claims = {"preferred_username": "ada", "groups": ["b12-nurses"]}
    provider.key = RSAKey.generate_key(2048, parameters={"kid": "one"})
    assert go(desk).status_code == 403


def test_an_answer_that_nobody_asked_for_is_refused(desk):
    answer = desk.get("/desk/openid/answer?code=x&state=y", follow_redirects=False)
    assert answer.status_code == 403 and "began elsewhere" in answer.text
    desk.get("/desk/openid", follow_redirects=False)
    answer = desk.get("/desk/openid/answer?code=x&state=y", follow_redirects=False)
    assert answer.status_code == 403 and "did not confirm" in answer.text


def test_a_provider_that_does_not_answer_leaves_the_local_accounts(clinic, monkeypatch):
    gone = dataclasses.replace(
        clinic, openid={**clinic.openid, "issuer": f"http://127.0.0.1:{free_port()}"}
    )
    package = types.ModuleType("no_actions_here")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "no_actions_here", package)
    accounts.add_user(clinic, "Ada", PASSWORD, "nurse")
    with TestClient(create_app(gone, actions="no_actions_here")) as client:
        answer = client.get("/desk/openid", follow_redirects=False)
        assert answer.status_code == 502 and "Use a local account" in answer.text
        form = {"name": "Ada", "password": PASSWORD}
        assert client.post("/desk/sign-in", data=form).url.path == "/desk"


def test_the_button_is_there_only_when_a_provider_is_set_up(desk, browser):
    assert "Sign in with Hospital account" in desk.get("/desk/sign-in").text
    assert "/desk/openid" not in browser.get("/desk/sign-in").text
    assert browser.get("/desk/openid").status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"issuer": "http://login.example"}, "openid.issuer"),
        ({"client_id": ""}, "openid.client_id"),
        ({"roles": {}}, "openid.roles"),
        ({"roles": {"x": "boss"}}, "'boss'"),
    ],
)
def test_settings_that_cannot_be_used_are_named(clinic, change, says):
    with pytest.raises(SettingsError, match=says):
        openid.check({**clinic.openid, **change})
