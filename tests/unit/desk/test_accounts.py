"""Accounts as an admin changes them on their page."""

import re

import pytest

from bot.care import audit, database
from bot.desk import access, accounts

from .conftest import PASSWORD, enter

OTHER = "another long password"


@pytest.fixture
def admin(browser, settings):
    accounts.add_user(settings, "Dee", PASSWORD, "admin")
    return enter(browser, settings, "Dee", "admin")


@pytest.fixture
def ada(settings):
    """The id of a nurse's account, and the cookie of her session."""
    accounts.add_user(settings, "Ada", PASSWORD, "nurse")
    cookie = access.sign_in(settings, "Ada", PASSWORD, "127.0.0.1")
    with database.reading(settings) as session:
        return accounts.find_account(session, "Ada").id, cookie


def send(browser, path, **fields):
    page = browser.get("/desk/accounts").text
    token = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
    return browser.post(f"/desk/accounts{path}", data={"csrf": token, **fields})


def test_an_admin_adds_an_account_that_works(admin, settings):
    answer = send(admin, "", name="Ben", password=PASSWORD, role="lead")
    assert answer.status_code == 200 and "Ben" in answer.text
    assert access.signed_in(settings, access.sign_in(settings, "ben", PASSWORD, "x")).role == "lead"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "Dee", "password": PASSWORD, "role": "nurse"}, "already"),
        ({"name": "Ben", "password": "short", "role": "nurse"}, "12"),
        ({"name": "Ben", "password": PASSWORD, "role": "boss"}, "use one of"),
        ({}, "name"),
    ],
)
def test_what_cannot_be_added_says_why(admin, fields, says):
    answer = send(admin, "", **fields)
    assert answer.status_code == 409 and says in answer.text


def test_another_role_counts_at_once(admin, settings, ada):
    account_id, cookie = ada
    send(admin, f"/{account_id}/role", role="auditor")
    assert access.signed_in(settings, cookie) is None
    again = access.sign_in(settings, "Ada", PASSWORD, "x")
    assert access.signed_in(settings, again).role == "auditor"


def test_another_password_ends_sessions_and_lifts_the_lock(admin, settings, ada):
    account_id, cookie = ada
    for _ in range(access.NAME_FAILURES):
        with pytest.raises(access.SignInRefused):
            access.sign_in(settings, "Ada", "wrong", "x")
    assert send(admin, f"/{account_id}/password", password="short").status_code == 409
    send(admin, f"/{account_id}/password", password=OTHER)
    assert access.signed_in(settings, cookie) is None
    access.sign_in(settings, "Ada", OTHER, "x")
    with pytest.raises(access.SignInRefused):
        access.sign_in(settings, "Ada", PASSWORD, "x")


def test_a_removed_account_is_out_and_its_deeds_stay(admin, settings, ada):
    account_id, cookie = ada
    send(admin, f"/{account_id}/remove")
    assert access.signed_in(settings, cookie) is None
    with pytest.raises(access.SignInRefused):
        access.sign_in(settings, "Ada", PASSWORD, "x")
    with database.reading(settings) as session:
        acts = [(event.actor, event.action) for event in audit.events_after(session, 0)]
    assert ("Ada", "signed in") in acts and ("Dee", "account removed") in acts


def test_the_last_admin_stays(admin, settings):
    with database.reading(settings) as session:
        account_id = accounts.find_account(session, "Dee").id
    for path, fields in (("remove", {}), ("role", {"role": "nurse"})):
        answer = send(admin, f"/{account_id}/{path}", **fields)
        assert answer.status_code == 409 and "last admin" in answer.text
    accounts.add_user(settings, "Eve", PASSWORD, "admin")
    assert send(admin, f"/{account_id}/remove").url.path == "/desk/sign-in"


def test_an_unknown_account_is_told(admin):
    assert "no such account" in send(admin, "/99/role", role="nurse").text
