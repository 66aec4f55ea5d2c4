import shutil
import sys
import types

import pytest
from care.conftest import settings_in
from fastapi.testclient import TestClient

from bot.care import database
from bot.care.app import create_app
from bot.desk import access

#: Accounts are made with a password only where the password matters.
NAME, PASSWORD = "Ada Nurse", "correct horse battery"


@pytest.fixture
def settings(tmp_path, empty_database):
    shutil.copy(empty_database, tmp_path / "care.db")
    made = settings_in(tmp_path)
    yield made
    database.dispose(made)


@pytest.fixture
def app(settings, monkeypatch):
    package = types.ModuleType("no_actions_here")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "no_actions_here", package)
    return create_app(settings, actions="no_actions_here")


@pytest.fixture
def browser(app):
    """A browser that is not signed in."""
    with TestClient(app, base_url="http://127.0.0.1:5055") as client:
        yield client


@pytest.fixture
def nurse(browser, settings):
    """A browser that is signed in as Ada Nurse."""
    return enter(browser, settings, NAME, "nurse")


def enter(browser, settings, name, role):
    """Sign a browser in without the password, whose check is slow on purpose; return it."""
    with database.transaction(settings) as session:
        cookie = access.new_session(session, name, role, "signed in")
    browser.cookies.set("desk_session", cookie, domain="127.0.0.1", path="/desk")
    return browser
