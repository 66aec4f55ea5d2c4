import sys
import types

import pytest
from care.conftest import settings_in
from fastapi.testclient import TestClient

from bot.care import database
from bot.care.app import create_app
from bot.desk import accounts

NAME, PASSWORD = "Ada Nurse", "correct horse battery"


@pytest.fixture
def settings(tmp_path):
    made = settings_in(tmp_path)
    database.migrate(made)
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
    accounts.add_user(settings, NAME, PASSWORD, "nurse")
    answer = browser.post("/desk/sign-in", data={"name": NAME, "password": PASSWORD})
    assert answer.status_code == 200 and answer.url.path == "/desk"
    return browser
