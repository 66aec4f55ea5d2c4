import contextlib
import threading
from datetime import timedelta

import pytest
from argon2 import extract_parameters

from bot.care import database
from bot.care.clock import now
from bot.care.models import DeskSession, NurseAccount, SignInFailure
from bot.desk import access, accounts

from .conftest import NAME, PASSWORD


@pytest.fixture
def account(settings):
    accounts.add_user(settings, NAME, PASSWORD, "nurse")


def attempt(settings, name=NAME, password=PASSWORD, address="127.0.0.1"):
    return access.sign_in(settings, name, password, address)


def test_a_right_password_gives_a_session_and_a_wrong_one_does_not(settings, account):
    nurse = access.signed_in(settings, attempt(settings, name="  ada  NURSE "))
    assert (nurse.name, nurse.role) == (NAME, "nurse")
    with pytest.raises(access.SignInRefused, match="not right"):
        attempt(settings, password="wrong")


def test_nobody_can_sign_in_before_an_account_exists(settings):
    with pytest.raises(access.SignInRefused):
        attempt(settings, name="admin", password="admin")


@pytest.mark.parametrize(
    ("name", "password", "role", "says"),
    [
        ("", PASSWORD, "nurse", "name"),
        ("x" * 61, PASSWORD, "nurse", "name"),
        ("Ben", "short", "nurse", "12"),
        ("Ben", "aaaaaaaaaaaaaaa", "nurse", "pattern"),
        ("Benjamin", "my-benjamin-12", "nurse", "the name"),
        ("Ben", PASSWORD, "boss", "nurse, lead"),
        (NAME.upper(), PASSWORD, "nurse", "already"),
    ],
)
def test_an_account_that_cannot_be_made_says_what_to_change(
    settings, account, name, password, role, says
):
    with pytest.raises(ValueError, match=says):
        accounts.add_user(settings, name, password, role)


def test_passwords_and_cookies_are_not_kept_in_the_database(settings, account):
    cookie = attempt(settings)
    with database.reading(settings) as session:
        assert session.query(NurseAccount).one().password_hash.startswith("$argon2id$")
        assert session.query(DeskSession).one().token_hash != cookie


def test_an_unknown_name_costs_the_same_work_as_a_known_one(settings, account):
    with database.reading(settings) as session:
        known = session.query(NurseAccount).one().password_hash
    assert extract_parameters(access._NOBODY) == extract_parameters(known)


@pytest.mark.parametrize("name", [NAME, "nobody"])
def test_too_many_failures_lock_known_and_unknown_names_alike(settings, account, name):
    for _ in range(access.NAME_FAILURES):
        with pytest.raises(access.SignInRefused, match="not right"):
            attempt(settings, name=name, password="wrong")
    with pytest.raises(access.SignInRefused, match="Too many"):
        attempt(settings, name=name)


def test_a_lock_ends_and_success_forgets_the_failures(settings, account):
    for _ in range(access.NAME_FAILURES):
        with pytest.raises(access.SignInRefused):
            attempt(settings, password="wrong")
    with database.transaction(settings) as session:
        for failure in session.query(SignInFailure):
            failure.locked_until = now() - timedelta(seconds=1)
    attempt(settings)
    with database.reading(settings) as session:
        assert [failure.key for failure in session.query(SignInFailure)] == ["address:127.0.0.1"]


def test_one_address_cannot_try_many_names(settings, account):
    with database.transaction(settings) as session:
        session.add(SignInFailure(key="address:192.0.2.1", count=access.ADDRESS_FAILURES - 1))
    with pytest.raises(access.SignInRefused, match="not right"):
        attempt(settings, name="somebody", password="wrong", address="192.0.2.1")
    with pytest.raises(access.SignInRefused, match="Too many"):
        attempt(settings, address="192.0.2.1")
    attempt(settings, address="192.0.2.2")


@pytest.mark.parametrize(
    ("column", "age"),
    [("last_seen_at", access.IDLE), ("created_at", access.LONGEST_SESSION)],
)
def test_sessions_end_when_idle_and_after_a_shift(settings, account, column, age):
    cookie = attempt(settings)
    with database.transaction(settings) as session:
        setattr(session.query(DeskSession).one(), column, now() - age - timedelta(seconds=1))
    assert access.signed_in(settings, cookie) is None


def test_use_keeps_a_session_from_becoming_idle(settings, account):
    cookie = attempt(settings)
    almost = access.IDLE - timedelta(seconds=5)
    with database.transaction(settings) as session:
        session.query(DeskSession).one().last_seen_at = now() - almost
    assert access.signed_in(settings, cookie)
    with database.reading(settings) as session:
        assert now() - session.query(DeskSession).one().last_seen_at < timedelta(minutes=1)


def test_signing_out_ends_the_session(settings, account):
    cookie = attempt(settings)
    access.sign_out(settings, cookie)
    assert access.signed_in(settings, cookie) is None


@pytest.mark.parametrize("cookie", [None, "", "guess"])
def test_no_or_a_wrong_cookie_is_nobody(settings, cookie):
    assert access.signed_in(settings, cookie) is None


def token_of(link):
    return link.split("token=")[1]


def test_the_local_link_works_once_and_its_file_is_private(settings):
    link = access.local_sign_in_link(settings)
    assert (settings.folder / "sign-in-link").stat().st_mode & 0o777 == 0o600
    assert access.signed_in(settings, access.use_local_link(settings, token_of(link)))
    with pytest.raises(access.SignInRefused):
        access.use_local_link(settings, token_of(link))


def test_of_many_uses_of_the_local_link_at_once_one_succeeds(settings):
    token = token_of(access.local_sign_in_link(settings))
    gate, cookies = threading.Barrier(4), []

    def use():
        gate.wait()
        with contextlib.suppress(access.SignInRefused):
            cookies.append(access.use_local_link(settings, token))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(cookies) == 1


@pytest.mark.parametrize("token", ["", "guess", "ü"])
def test_a_wrong_token_gives_nothing_with_or_without_a_link(settings, token):
    with pytest.raises(access.SignInRefused):
        access.use_local_link(settings, token)
    access.local_sign_in_link(settings)
    with pytest.raises(access.SignInRefused):
        access.use_local_link(settings, token)


def test_a_new_link_ends_the_one_before(settings):
    old = token_of(access.local_sign_in_link(settings))
    access.local_sign_in_link(settings)
    with pytest.raises(access.SignInRefused):
        access.use_local_link(settings, old)
