"""The chat in a browser with both services behind it: a question, an emergency, a nurse."""

import dataclasses
import functools
import secrets
from dataclasses import replace

import httpx
import pytest
from chat_page import DESKTOP, Page
from stub_chat import free_port

from bot.care import alerts as care_alerts
from bot.care import handling
from bot.care.database import transaction
from bot.desk import api_tokens
from bot.service.processes import stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model
from bot.settings import load_settings

pytestmark = pytest.mark.services

EMERGENCY = "i got my b12 jab 20 min ago, now im wheezing and my lips are swelling"


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    settings = replace(
        load_settings(environment={}),
        folder=folder,
        care_database=f"sqlite:///{folder / 'care.db'}",
        conversation_database=folder / "conversations.db",
        patient_port=free_port(),
        care_port=free_port(),
    )
    services = services_for(settings, str(ensure_model()))
    try:
        for service in services:
            service.start()
        wait_until_up(services, START_SECONDS, print)
        yield settings
    finally:
        stop_all(services)


@pytest.fixture
def page(browser, system):
    context = browser.new_context(viewport=DESKTOP)
    page = Page(context, f"http://127.0.0.1:{system.patient_port}")
    yield page
    context.close()
    assert page.problems == []


@functools.cache
def token_for(care_database):
    clinic = dataclasses.replace(load_settings(), care_database=care_database)
    return api_tokens.add(clinic, "tests", ["read"])


def alert_of(settings, text):
    found = httpx.get(
        f"http://127.0.0.1:{settings.care_port}/api/alerts",
        headers={"Authorization": f"Bearer {token_for(settings.care_database)}"},
    ).json()
    return next((alert for alert in found if text in alert["text"]), None)


def test_a_question_is_answered_from_the_facts(page):
    page.say("is a 1mg b12 injection safe in pregnancy")
    page.wait(lambda: "seen as safe in pregnancy" in page.shown())
    assert page.card.inner_text() == ""


def test_an_emergency_shows_the_card_and_a_nurse_hears_of_it_and_takes_over(page, system):
    text = f"{EMERGENCY} {secrets.token_hex(3)}"
    page.say(text)
    page.wait(lambda: "Emergency: call now" in page.card.inner_text())
    page.wait(lambda: alert_of(system, text) is not None)
    alert = alert_of(system, text)
    assert alert["level"] == "EMERGENCY_NOW"
    with transaction(system) as session:
        care_alerts.acknowledge(session, alert["id"], nurse="Anna")
        handling.take_over(session, alert["id"], nurse="Anna")
        handling.write_to_patient(
            session, alert["id"], nurse="Anna", text="Is the ambulance there?", key="first words"
        )
    page.wait(lambda: page.element.locator("li.nurse").count() == 1)
    assert "Nurse Anna" in page.element.locator("li.nurse").inner_text()
    page.wait(lambda: "Nurse Anna is here" in page.shown())
    assert page.element.get_by_text("is now in this chat and will write to you").count() >= 1


def test_a_deleted_chat_is_gone_in_rasa_too(page, system):
    import sqlite3

    page.say("how often do i need it?")
    conversation = page.token()["conversation"]

    def kept():
        with sqlite3.connect(system.conversation_database) as database:
            query = "SELECT count(*) FROM events WHERE sender_id = ?"
            return database.execute(query, (conversation,)).fetchone()[0]

    assert kept() > 0
    page.choose("Delete my chat")
    page.button("Delete", exact=True).click()
    page.wait(lambda: "Your chat was deleted" in page.shown())
    assert kept() == 0


def test_while_a_nurse_looks_after_it_a_chat_cannot_be_deleted(page, system):
    text = f"{EMERGENCY} {secrets.token_hex(3)}"
    page.say(text)
    page.wait(lambda: alert_of(system, text) is not None)
    page.choose("Delete my chat")
    page.button("Delete", exact=True).click()
    page.element.get_by_text("A nurse is still looking after what you wrote").wait_for()
    page.button("Keep this chat").click()
    assert page.messages.count() == 1
