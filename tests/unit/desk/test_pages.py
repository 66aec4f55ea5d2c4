import re

import pytest
from care.samples import EMERGENCY, raise_sample
from care.test_sweeper import store

from bot.care import audit, database
from bot.care.alerts import acknowledge, get_alert
from bot.desk import accounts
from bot.desk.headers import HEADERS
from bot.desk.view import name_of
from bot.triage.vocabulary import Level

from .conftest import PASSWORD

ACTIONS = [
    *("acknowledge", "assign", "note", "take-over", "write", "hand-back", "lower", "resolve"),
]
PRIVATE = ["/desk", "/desk/queue", "/desk/alerts/x", "/desk/alerts/x/live"]


@pytest.fixture
def alert_id(settings):
    with database.transaction(settings) as session:
        return raise_sample(session).id


def csrf(browser, path="/desk"):
    return re.search(r'name="csrf" value="([^"]+)"', browser.get(path).text).group(1)


def stored(settings, alert_id):
    with database.reading(settings) as session:
        return get_alert(session, alert_id)


@pytest.mark.parametrize("path", PRIVATE)
def test_no_page_is_shown_without_signing_in(browser, alert_id, path):
    answer = browser.get(path.replace("x", alert_id), follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].split("?")[0] == "/desk/sign-in"
    assert "puffy" not in answer.text


def test_live_updates_need_a_session(browser):
    assert browser.get("/desk/events").status_code == 401
    answer = browser.get("/desk/queue", headers={"X-Desk-Part": "1"}, follow_redirects=False)
    assert answer.status_code == 401


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_changed_without_a_session_or_the_token_of_the_form(
    browser, settings, alert_id, action
):
    path = f"/desk/alerts/{alert_id}/{action}"
    assert browser.post(path, follow_redirects=False).status_code == 303
    assert stored(settings, alert_id).acknowledged_by is None


def test_forms_of_others_are_refused(nurse, settings, alert_id):
    path, token = f"/desk/alerts/{alert_id}/acknowledge", csrf(nurse)
    assert nurse.post(path, data={"csrf": "guess"}).status_code == 403
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert nurse.post(path, data={"csrf": token}, headers=headers).status_code == 403
    assert stored(settings, alert_id).acknowledged_by is None
    assert nurse.post(path, data={"csrf": token}).status_code == 200
    assert stored(settings, alert_id).acknowledged_by == "Ada Nurse"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(settings, browser):
    from bot.desk import access

    link = access.local_sign_in_link(settings)
    answer = browser.get(link, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/desk" in cookie


def test_a_link_from_a_mail_is_opened_once_more_so_that_the_cookie_comes_along(browser, alert_id):
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = browser.get(f"/desk/alerts/{alert_id}", headers=headers, follow_redirects=False)
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text and "puffy" not in answer.text


@pytest.mark.parametrize(
    ("role", "home"), [("nurse", "/desk"), ("auditor", "/desk/audit"), ("admin", "/desk/accounts")]
)
def test_a_right_password_leads_to_the_first_page_of_the_role(browser, settings, role, home):
    accounts.add_user(settings, "Ben", PASSWORD, role)
    answer = browser.post("/desk/sign-in", data={"name": "Ben", "password": PASSWORD})
    assert (answer.status_code, answer.url.path) == (200, home)


def test_a_link_to_an_alert_is_opened_after_signing_in_and_no_other_link(
    browser, settings, alert_id
):
    accounts.add_user(settings, "Ben", PASSWORD, "nurse")
    asked = browser.get(f"/desk/alerts/{alert_id}")
    assert f'name="then" value="/desk/alerts/{alert_id}"' in asked.text
    form = {"name": "Ben", "password": PASSWORD}
    wanted = browser.post("/desk/sign-in", data={**form, "then": f"/desk/alerts/{alert_id}"})
    assert wanted.url.path == f"/desk/alerts/{alert_id}"
    for evil in ("https://evil.example", "//evil.example/desk/alerts/", "/desk/alerts/\\x"):
        answer = browser.post("/desk/sign-in", data={**form, "then": evil}, follow_redirects=False)
        assert answer.headers["location"] == "/desk"


def test_a_wrong_password_is_told_and_the_page_shows_no_more(browser):
    answer = browser.post("/desk/sign-in", data={"name": "<b>x", "password": "y"})
    assert answer.status_code == 403
    assert "not right" in answer.text and "&lt;b&gt;x" in answer.text


def test_the_queue_shows_level_reason_and_words(nurse, alert_id):
    page = nurse.get("/desk").text
    assert "Emergency now" in page
    assert EMERGENCY.summary in page
    assert "my lips went puffy" in page
    assert f'data-alert="{alert_id}" data-level="EMERGENCY_NOW"' in page
    assert "Allergic" in page


def test_the_alert_page_marks_the_findings_in_her_words(nurse, alert_id):
    page = nurse.get(f"/desk/alerts/{alert_id}").text
    marks = re.findall(r"<mark[^>]*>([^<]+)<span[^>]*><span>([^<]+)</span>", page)
    assert marks == [
        ("lips went puffy", f"SK-03 {name_of('SK-03')}, present"),
        ("wheezing", f"BR-02 {name_of('BR-02')}, present"),
    ]
    for known in ("33 weeks", "20 min before she wrote", "WAO-1", "Alert raised by triage"):
        assert known in page


def test_her_words_cannot_become_part_of_the_page(nurse, settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(
            session, conversation_id="other", text="<script>alert(1)</script> my lips"
        ).id
    for path in ("/desk", f"/desk/alerts/{alert_id}"):
        assert "<script>alert" not in nurse.get(path).text


def test_the_conversation_is_shown_from_the_conversation_store(nurse, settings, alert_id):
    store(settings, text="i got my jab today")
    store(settings, text="Call 112 now.", event="bot")
    page = nurse.get(f"/desk/alerts/{alert_id}").text
    assert page.index("i got my jab today") < page.index("Call 112 now.")


def test_a_broken_conversation_store_does_not_hide_the_alert(nurse, settings, alert_id):
    settings.conversation_database.write_bytes(b"no database" * 200)
    page = nurse.get(f"/desk/alerts/{alert_id}").text
    assert "cannot be read now" in page and "lips went puffy" in page


def test_opening_an_alert_is_recorded(nurse, settings, alert_id):
    nurse.get(f"/desk/alerts/{alert_id}")
    with database.reading(settings) as session:
        events = audit.timeline(session, alert_id)
    assert (audit.OPENED, "Ada Nurse") in [(event.action, event.actor) for event in events]


def test_a_raised_level_asks_again_on_the_queue(nurse, settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, level=Level.URGENT_SAME_DAY).id
        acknowledge(session, alert_id, nurse="Ben")
    assert 'data-waiting="yes"' not in nurse.get("/desk/queue").text
    with database.transaction(settings) as session:
        raise_sample(session, level=Level.EMERGENCY_NOW)
    assert 'data-waiting="yes"' in nurse.get("/desk/queue").text


def test_an_unknown_alert_is_not_found(nurse):
    assert nurse.get("/desk/alerts/nothing").status_code == 404
    form = {"csrf": csrf(nurse), "outcome": "routine"}
    for action in ACTIONS:
        assert nurse.post(f"/desk/alerts/nothing/{action}", data=form).status_code == 404


def test_signing_out_closes_the_desk(nurse):
    nurse.post("/desk/sign-out", data={"csrf": csrf(nurse)})
    assert nurse.get("/desk", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", ["/desk/sign-in", "/desk/static/desk.js", "/api/alerts", "/none"])
def test_every_answer_has_the_security_headers(browser, path):
    answer = browser.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_pages_hold_no_inline_script_or_style_and_load_nothing_from_elsewhere(nurse, alert_id):
    for path in ("/desk", f"/desk/alerts/{alert_id}", "/desk/sign-in"):
        page = nurse.get(path).text
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
