"""The chat in a browser with both services behind it: a question, an emergency, a nurse."""

import secrets
import sqlite3

import pytest
from chat_page import DESKTOP, Page

pytestmark = pytest.mark.services

EMERGENCY = "i got my b12 jab 20 min ago, now im wheezing and my lips are swelling"


@pytest.fixture
def page(browser, system):
    context = browser.new_context(viewport=DESKTOP)
    page = Page(context, system.chat)
    yield page
    context.close()
    assert page.problems == []


def test_a_question_is_answered_from_the_facts(page):
    page.say("is a 1mg b12 injection safe in pregnancy")
    page.wait(lambda: "seen as safe in pregnancy" in page.shown())
    assert page.card.inner_text() == ""


#: Whether a line of the chat is on her screen, not only on the page.
IN_VIEW = """line => {
  const [own, window] = [line, line.closest(".scroller")].map(one => one.getBoundingClientRect());
  return own.top < window.bottom && own.bottom > window.top;
}"""


def test_a_nurse_in_a_second_browser_takes_over_and_hands_back(page, system, open_desk):
    mark = secrets.token_hex(3)
    page.say(f"the spot of my injection is red, hot and spreading {mark}")
    alert = system.wait_for_alert(mark)
    assert alert["level"] == "URGENT_SAME_DAY"
    desk = open_desk(system, "Anna")
    desk.click(f"#open-{alert['id']}")
    desk.click("#acknowledge")
    desk.wait_for_selector("text=has this alert")
    desk.click("#take-over")
    page.wait(lambda: "Nurse Anna is here" in page.shown())
    page.element.get_by_text("is now in this chat and will write to you").first.wait_for()

    write(desk, "How big is the spot?")
    page.wait(lambda: page.element.locator("li.nurse").count() == 1)
    assert "Nurse Anna" in page.element.locator("li.nurse").inner_text()

    # What she writes now goes to the nurse; the symptom check says nothing.
    of_the_bot = page.element.locator("li.bot")
    before = of_the_bot.count()
    page.write(f"as big as my hand, my sister is here {mark}")
    desk.wait_for_selector(f".transcript >> text=my sister is here {mark}")
    page.wait(lambda: not page.element.get_by_text("Reading your message").is_visible())
    assert of_the_bot.count() == before and page.card.inner_text() == ""

    # But it reads everything, and an emergency is answered at once, nurse or not.
    page.write(f"now my throat is closing and i cant breathe {mark}")
    page.wait(lambda: "Emergency: call now" in page.card.inner_text())
    desk.wait_for_selector(".summary[data-level=EMERGENCY_NOW]")
    write(desk, "The ambulance is on its way.")
    page.wait(lambda: page.element.locator("li.nurse").count() == 2)
    page.wait(lambda: page.element.locator("li.nurse").last.evaluate(IN_VIEW))

    desk.click("#hand-back")
    page.element.get_by_text("The nurse has finished for now").first.wait_for()
    page.wait(lambda: page.card.inner_text() == "")
    assert page.element.locator(".strip", has_text="In an emergency").is_visible()
    assert "Nurse Anna is here" not in page.shown()
    before = of_the_bot.count()
    page.write("thank you")
    page.wait(lambda: of_the_bot.count() > before)

    desk.click("#do-resolve summary")
    desk.check("#outcome-1")
    desk.fill("#reason", "The ambulance took her.")
    desk.click("#resolve")
    desk.wait_for_url("**/desk")
    assert system.alerts(mark) == []
    page.wait(lambda: page.card.inner_text() == "")
    page.say("is a 1mg b12 injection safe in pregnancy")
    page.wait(lambda: "seen as safe in pregnancy" in page.shown())
    assert desk.problems == []


def write(desk, words):
    desk.fill("#reply", words)
    desk.press("#reply", "Control+Enter")
    desk.wait_for_selector(f".line-nurse >> text={words}")


def test_a_deleted_chat_is_gone_in_rasa_too(page, system):
    page.say("how often do i need it?")
    conversation = page.token()["conversation"]

    def kept():
        with sqlite3.connect(system.settings.conversation_database) as database:
            query = "SELECT count(*) FROM events WHERE sender_id = ?"
            return database.execute(query, (conversation,)).fetchone()[0]

    # Rasa stores a turn when it ends, after its answers have gone out.
    page.wait(lambda: kept() > 0)
    page.choose("Delete my chat")
    page.button("Delete", exact=True).click()
    page.wait(lambda: "Your chat was deleted" in page.shown())
    assert kept() == 0


def test_while_a_nurse_looks_after_it_a_chat_cannot_be_deleted(page, system):
    text = f"{EMERGENCY} {secrets.token_hex(3)}"
    page.say(text)
    system.wait_for_alert(text)
    page.choose("Delete my chat")
    page.button("Delete", exact=True).click()
    page.element.get_by_text("A nurse is still looking after what you wrote").wait_for()
    page.button("Keep this chat").click()
    assert page.messages.count() == 1
