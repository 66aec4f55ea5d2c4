"""The plan's page and calendar file, over HTTP."""

import dataclasses
from datetime import date

import httpx
import pytest
from icalendar import Calendar

from bot.care import database, plans
from bot.plan.model import Plan
from bot.settings import load_settings

pytestmark = pytest.mark.services


@pytest.fixture
def link(chat, chat_folder):
    settings = dataclasses.replace(
        load_settings(environment={}),
        folder=chat_folder,
        care_database=f"sqlite:///{chat_folder}/care.db",
    )
    database.migrate(settings)
    plan = Plan(labs="B12 and MMA").with_dates("injection", (date(2027, 3, 14),))
    with database.transaction(settings) as session:
        token = plans.save_plan(session, conversation_id="one", channel="web", plan=plan)
    yield f"{chat}/chat/plan/{token}"
    database.dispose(settings)


def test_the_link_shows_the_page_and_gives_the_calendar_file(link):
    page = httpx.get(link)
    assert page.status_code == 200 and "B12 and MMA" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    file = httpx.get(f"{link}/calendar")
    assert file.headers["content-type"].startswith("text/calendar")
    assert "my-plan.ics" in file.headers["content-disposition"]
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert event.decoded("dtstart") == date(2027, 3, 14)
    assert f'href="{link.rsplit("/", 1)[1]}/calendar"' in page.text


@pytest.mark.parametrize("token", ["x", "A" * 32, "%2e%2e%2fetc", "A" * 400])
def test_a_link_that_opens_nothing_says_so_and_still_names_the_emergency_number(link, token):
    for path in (token, f"{token}/calendar"):
        answer = httpx.get(f"{link.rsplit('/', 1)[0]}/{path}")
        assert answer.status_code == 404
        assert "emergency" in answer.text.lower()
