"""What each role may do, asked of the server for every route there is."""

import re

import pytest
from care.samples import raise_sample
from fastapi.routing import APIRoute

from bot.care import database
from bot.desk.roles import PERMISSIONS, Permission, may

from .conftest import enter

#: Who may ask for what. Written out, so that a change of a permission is a change of this table.
ALERTS, FIGURES, AUDIT, ACCOUNTS = (
    {"nurse", "lead"},
    {"lead", "auditor"},
    {"auditor"},
    {"admin"},
)
MATRIX = {
    ("GET", "/desk"): ALERTS,
    ("GET", "/desk/queue"): ALERTS,
    ("GET", "/desk/alerts/{alert_id}"): ALERTS,
    ("GET", "/desk/alerts/{alert_id}/live"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/acknowledge"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/assign"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/note"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/take-over"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/write"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/tell-again"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/hand-back"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/lower"): ALERTS,
    ("POST", "/desk/alerts/{alert_id}/resolve"): ALERTS,
    ("GET", "/desk/insight"): FIGURES,
    ("GET", "/desk/insight.csv"): FIGURES,
    ("GET", "/desk/audit"): AUDIT,
    ("GET", "/desk/accounts"): ACCOUNTS,
    ("POST", "/desk/accounts"): ACCOUNTS,
    ("POST", "/desk/accounts/{account_id}/role"): ACCOUNTS,
    ("POST", "/desk/accounts/{account_id}/password"): ACCOUNTS,
    ("POST", "/desk/accounts/{account_id}/remove"): ACCOUNTS,
}
#: Routes that need no permission of their own: coming in, going out, and the live updates, which
#: a test of its own asks for because they never end.
OPEN = {"/desk/sign-in", "/desk/local", "/desk/sign-out", "/desk/events"}


@pytest.fixture
def alert_id(settings):
    with database.transaction(settings) as session:
        return raise_sample(session).id


@pytest.fixture(params=[*PERMISSIONS, "a role of yesterday"])
def signed_in(request, browser, settings):
    enter(browser, settings, "Somebody", request.param)
    page = browser.get("/desk").text
    return browser, request.param, re.search(r'name="csrf" value="([^"]+)"', page).group(1)


def test_the_table_names_every_route(app):
    routes = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and route.path.startswith("/desk")
        for method in route.methods
    }
    assert {route for route in routes if route[1] not in OPEN} == set(MATRIX)


def test_each_role_may_do_what_the_table_says_and_nothing_else(signed_in, settings, alert_id):
    browser, role, token = signed_in
    for (method, path), roles in MATRIX.items():
        address = path.format(alert_id=alert_id, account_id=0)
        form = {"csrf": token} if method == "POST" else None
        answer = browser.request(method, address, data=form, follow_redirects=False)
        assert (answer.status_code != 403) is (role in roles), (method, path)
        if role not in ALERTS:
            assert "puffy" not in answer.text
    events = browser.get("/desk/events") if role not in ALERTS else None
    assert events is None or events.status_code == 401


def test_pages_offer_only_what_the_role_may_do(signed_in):
    browser, role, _ = signed_in
    page = browser.get("/desk").text
    offered = set(re.findall(r'<a href="(/desk[^"]*)" data-go', page))
    pages = {"/desk", "/desk/insight", "/desk/audit", "/desk/accounts"}
    assert offered == {path for path in pages if role in MATRIX[("GET", path)]}


def test_a_role_that_is_not_known_may_do_nothing():
    assert not any(may("", permission) for permission in Permission)
