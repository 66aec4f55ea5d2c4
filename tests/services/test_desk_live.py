"""The desk in a real browser: what appears by itself, what sounds, and what a restart costs."""

import re
import signal
from datetime import timedelta

import pytest
from desk_site import PASSWORD, TEXT, Care, raised, store, until
from sqlalchemy import text

from bot.care import database, handling
from bot.care.clock import now
from bot.desk import access
from bot.triage.vocabulary import Level

pytestmark = pytest.mark.services


def test_an_alert_of_another_process_appears_without_a_reload(quiet, open_desk):
    desk = open_desk(quiet)
    desk.evaluate("window.notReloaded = true")
    alert_id = raised(quiet, conversation_id="appears")
    desk.wait_for_selector(f".row[data-alert='{alert_id}']")
    until(lambda: desk.title() == "(1) Queue – Nurse desk")
    until(lambda: "Emergency now: patient" in desk.text_content("#announce-now"))
    assert desk.evaluate("window.notReloaded")
    assert not desk.problems


def test_the_link_that_the_start_prints_opens_the_desk(quiet, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(access.local_sign_in_link(quiet.settings))
    page.wait_for_selector("#link-state[data-state=live]")
    assert page.text_content(".nurse-name") == "Local nurse"
    context.close()


def test_a_name_and_a_password_open_the_desk(quiet, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{quiet.address}/desk/sign-in")
    page.fill("#name", "ada")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#link-state[data-state=live]")
    context.close()


def test_clocks_tick_in_local_time_with_the_utc_in_the_title(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="clocks")
    desk = open_desk(quiet, path=f"/desk/alerts/{alert_id}")
    clock = desk.locator(".summary-act time[data-since]")
    first = clock.text_content()
    until(lambda: clock.text_content() != first)
    assert re.fullmatch(r"\d+:\d\d", clock.text_content())
    written = desk.locator("figcaption time").first
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", written.get_attribute("title"))
    assert "UTC" not in written.text_content()


def test_the_alarm_can_be_muted_for_other_levels_but_not_for_an_emergency(quiet, open_desk):
    desk = open_desk(quiet)
    desk.evaluate(
        """() => { window.tones = 0; const make = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () { window.tones += 1;
        return make.call(this); }; }"""
    )
    desk.click("button[data-dialog=sound]")
    assert desk.is_disabled("#sound input >> nth=0") and desk.is_checked("#sound input >> nth=0")
    desk.click("#sound-test")
    until(lambda: desk.evaluate("window.tones") == 3)
    desk.uncheck("[data-sound=URGENT_SAME_DAY]")
    desk.click("#sound .dialog-head button")
    day = raised(quiet, conversation_id="day", level=Level.URGENT_SAME_DAY)
    desk.wait_for_selector(f".row[data-alert='{day}']")
    until(lambda: "Same day" in desk.text_content("#announce"))
    assert desk.evaluate("window.tones") == 3
    # Neither is it counted in the title; a level that is not muted is both heard and counted.
    assert desk.title() == "Queue – Nurse desk"
    raised(quiet, conversation_id="routine", level=Level.ROUTINE)
    until(lambda: desk.evaluate("window.tones") == 4)
    until(lambda: desk.title() == "(1) Queue – Nurse desk")
    raised(quiet, conversation_id="now")
    until(lambda: desk.evaluate("window.tones") >= 7)
    until(lambda: desk.title() == "(2) Queue – Nurse desk")


def test_what_a_nurse_types_outlives_live_updates(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="typing")
    desk = open_desk(quiet, path=f"/desk/alerts/{alert_id}")
    desk.click("#do-resolve summary")
    desk.check("#outcome-4")
    desk.fill("#reason", "half a reas")
    desk.fill("#note", "half a no")
    with database.transaction(quiet.settings) as session:
        handling.add_note(session, alert_id, nurse="Ben", text="She sounds calm.")
        handling.take_over(session, alert_id, nurse="Ben")
    desk.wait_for_selector("text=She sounds calm.")
    desk.wait_for_selector("text=Ben is writing with her >> nth=0")
    assert desk.input_value("#note") == "half a no"
    assert desk.input_value("#reason") == "half a reas" and desk.is_checked("#outcome-4")
    assert desk.evaluate("document.activeElement.id") == "note"
    assert not desk.problems


def test_the_conversation_grows_while_the_alert_is_open(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="one")
    desk = open_desk(quiet, path=f"/desk/alerts/{alert_id}")
    store(quiet.settings, text="the bot says something", event="bot")
    desk.wait_for_selector("text=the bot says something")


def test_an_ended_session_is_told_loudly(quiet, open_desk):
    desk = open_desk(quiet)
    with database.transaction(quiet.settings) as session:
        session.execute(text("DELETE FROM desk_sessions"))
    raised(quiet, conversation_id="ended")
    desk.wait_for_selector("text=You are signed out", timeout=60_000)


def test_a_restart_costs_no_alert_and_an_open_desk_does_not_hold_up_a_stop(tmp_path, open_desk):
    care = Care(tmp_path)
    # Written while care was down, and never reported by an action.
    store(care.settings, at=now() - timedelta(minutes=5))
    care.start()
    try:
        until(lambda: care.read("/api/alerts"))
        (found,) = care.read("/api/alerts")
        assert found["recovered"] and found["text"] == TEXT
        desk = open_desk(care)
        assert care.stop(signal.SIGKILL) == -signal.SIGKILL
        desk.wait_for_selector("#link-state[data-state=lost]", timeout=60_000)
        missed = raised(care, conversation_id="missed")
        care.start()
        desk.wait_for_selector(f".row[data-alert='{missed}']", timeout=60_000)
        desk.wait_for_selector("#link-state[data-state=live]")
        log = (care.settings.folder / "care.log").read_text()
        for word in ("wheez", "puffy", "Lip swelling", care.token()):
            assert word not in log
    finally:
        # uvicorn ends by the signal itself once everything is closed.
        assert care.stop() in (0, -signal.SIGTERM)
    assert "Traceback" not in (care.settings.folder / "care.log").read_text()
