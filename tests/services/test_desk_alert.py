"""A nurse's work on one alert in a real browser, alone, with a colleague, and by keyboard."""

import pytest
from desk_site import raised, until
from sqlalchemy import select

from bot.care import database
from bot.care.models import OutgoingMessage

pytestmark = pytest.mark.services


def words_to_her(care, conversation_id):
    with database.reading(care.settings) as session:
        rows = session.execute(select(OutgoingMessage).where(OutgoingMessage.kind == "text"))
        return [r.text for r in rows.scalars() if r.patient.conversation_id == conversation_id]


def test_a_nurse_acknowledges_writes_and_resolves(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="work")
    desk = open_desk(quiet)
    desk.click(f"#open-{alert_id}")
    desk.wait_for_selector("#acknowledge")
    assert desk.text_content("mark >> nth=0").startswith("lips went puffy")
    # The rule is told on hover and on focus, and goes away with Escape.
    desk.hover("mark >> nth=1")
    assert "BR-02" in desk.inner_text("mark .tip >> nth=1")
    desk.focus("mark >> nth=0")
    assert "SK-03" in desk.inner_text("mark .tip >> nth=0")
    desk.keyboard.press("Escape")
    assert not desk.is_visible("mark .tip >> nth=0")
    desk.click("#acknowledge")
    desk.wait_for_selector("text=has this alert")
    assert quiet.read(f"/api/alerts/{alert_id}")["acknowledged_by"] == "Ada"
    desk.click("#take-over")
    desk.wait_for_selector("#reply")
    desk.evaluate("window.notReloaded = true")
    for words in ("I am a nurse.", "Is the ambulance there?"):
        desk.fill("#reply", words)
        desk.press("#reply", "Control+Enter")
        desk.wait_for_selector(f".line-nurse >> text={words}")
        until(lambda: desk.input_value("#reply") == "")
    assert desk.evaluate("window.notReloaded")
    assert words_to_her(quiet, "work") == ["I am a nurse.", "Is the ambulance there?"]
    desk.click("#hand-back")
    desk.wait_for_selector("text=The symptom check answers her now")
    desk.click("#do-resolve summary")
    desk.check("#outcome-1")
    desk.fill("#reason", "Ambulance took her.")
    desk.click("#resolve")
    desk.wait_for_selector("text=Nobody is waiting")
    assert quiet.read("/api/alerts") == []
    assert not desk.problems


def test_of_two_nurses_at_once_the_second_reads_who_was_first(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="two")
    first = open_desk(quiet, path=f"/desk/alerts/{alert_id}")
    # The second browser stands still, as when both press at the same moment.
    second = open_desk(quiet, "Ben", "lead")
    second.route("**/live", lambda route: route.abort())
    second.goto(f"{quiet.address}/desk/alerts/{alert_id}")
    second.click("#do-resolve summary")
    second.check("#outcome-4")
    second.fill("#reason", "what Ben had typed")
    first.click("#acknowledge")
    first.wait_for_selector("text=has this alert")
    second.click("#resolve")
    second.wait_for_selector("#conflict")
    assert "Ada was first. Acknowledged by Ada" in second.text_content("#conflict")
    assert second.evaluate("document.activeElement.id") == "conflict"
    assert second.input_value("#reason") == "what Ben had typed"
    assert quiet.read(f"/api/alerts/{alert_id}")["closed_by"] is None
    # Having read it, he may still decide the same.
    second.click("#resolve")
    second.wait_for_url("**/desk")
    assert quiet.read(f"/api/alerts/{alert_id}")["closed_by"] == "Ben"


def test_a_colleagues_work_is_seen_at_once(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="seen")
    first = open_desk(quiet, path=f"/desk/alerts/{alert_id}")
    second = open_desk(quiet, "Ben", "lead", path=f"/desk/alerts/{alert_id}")
    first.click("#acknowledge")
    second.wait_for_selector("text=Ada has this alert")
    until(lambda: "Ada has acknowledged this alert" in second.text_content("#announce"))
    second.wait_for_selector("text=I take this")


def test_everything_can_be_done_by_keyboard(quiet, open_desk):
    ids = [raised(quiet, conversation_id=name) for name in ("first", "second")]
    desk = open_desk(quiet)
    focused = "document.activeElement.id"
    desk.keyboard.press("j")
    assert desk.evaluate(focused) == f"open-{ids[0]}"
    desk.keyboard.press("j")
    assert desk.evaluate(focused) == f"open-{ids[1]}"
    desk.keyboard.press("k")
    desk.keyboard.press("/")
    assert desk.evaluate(focused) == "search"
    desk.keyboard.type("j?")
    assert desk.input_value("#search") == "j?"
    desk.focus("#main")
    desk.keyboard.press("?")
    assert desk.is_visible("#help")
    desk.keyboard.press("Escape")
    assert not desk.is_visible("#help")
    desk.focus(f"#open-{ids[0]}")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#acknowledge")
    # A letter leads to a button and never presses it; the page's script may still be loading.
    until(lambda: desk.keyboard.press("a") or desk.evaluate(focused) == "acknowledge")
    assert quiet.read(f"/api/alerts/{ids[0]}")["acknowledged_by"] is None
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#take-over")
    # The page may still be exchanging the form for the one of an acknowledged alert.
    until(lambda: desk.keyboard.press("e") or desk.evaluate(focused) == "outcome-1")
    desk.focus("#main")
    desk.keyboard.press("n")
    assert desk.evaluate(focused) == "note"
    desk.focus("#main")
    desk.keyboard.press("g")
    desk.keyboard.press("q")
    desk.wait_for_url("**/desk")
    # Whoever dictates can switch the letters off.
    desk.click("button[data-dialog=help]")
    desk.check("#keys-off")
    desk.keyboard.press("Escape")
    desk.focus("#main")
    desk.keyboard.press("/")
    assert desk.evaluate(focused) == "main"


def test_each_stop_of_the_keyboard_can_be_seen(quiet, open_desk):
    alert_id = raised(quiet, conversation_id="focus")
    desk = open_desk(quiet, path=f"/desk/alerts/{alert_id}")
    seen = []
    for _ in range(24):
        desk.keyboard.press("Tab")
        seen.append(
            desk.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                if (e === document.body) return ["", ""];
                return [e.id || e.textContent.trim().slice(0, 20), s.outlineStyle]; }"""
            )
        )
    names = [name for name, _ in seen]
    assert names[0] == "Skip to content" and "acknowledge" in names and "add-note" in names
    assert any(name.startswith("lips went puffy") for name in names)
    assert all(style != "none" for name, style in seen if name)


def test_without_its_script_the_desk_still_works(quiet, browser):
    from desk_site import cookie_for

    alert_id = raised(quiet, conversation_id="plain")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{**cookie_for(quiet, "Ada", "nurse"), "url": f"{quiet.address}/desk"}])
    page = context.new_page()
    page.goto(f"{quiet.address}/desk/alerts/{alert_id}")
    page.click("#acknowledge")
    page.click("#take-over")
    page.fill("#reply", "words without a script")
    page.click("#send")
    page.wait_for_selector(".line-nurse >> text=words without a script")
    assert "words without a script" in words_to_her(quiet, "plain")
    context.close()
