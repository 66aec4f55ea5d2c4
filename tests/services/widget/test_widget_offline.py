"""Without a network or a server: said at once, numbers at hand, nothing lost or sent twice."""

import pytest
from chat_page import PHONE, Page
from line import Line
from stub_chat import free_port

pytestmark = pytest.mark.services


def test_offline_she_is_told_at_once_and_what_she_wrote_goes_out_once(visit, seen):
    page = visit(PHONE)
    page.say("hello")
    page.context.set_offline(True)
    page.wait(lambda: "No connection" in page.shown())
    page.write("my arm itches, offline")
    page.write("and my leg, offline")
    page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 2)
    assert "is kept and goes out once" in page.shown()
    assert page.element.get_by_role("link", name="Call 999").is_visible()
    page.button("Try again now").first.click()
    page.page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.wait(lambda: page.answers.count() == 3)
    assert "No connection" not in page.shown()
    page.page.wait_for_timeout(1500)
    assert page.messages.count() == 3
    assert seen("my arm itches, offline") == 1
    assert seen("and my leg, offline") == 1


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("my throat feels so tight", "Emergency: call now"),
        ("Im having trouble getting a breath", "Emergency: call now"),
        ("I want to die", "You deserve help right now"),
    ],
)
def test_offline_a_red_flag_shows_the_card_while_she_is_writing(visit, text, title):
    page = visit(PHONE)
    page.context.set_offline(True)
    page.text.fill("how long does my arm stay sore")
    page.page.wait_for_timeout(300)
    assert page.card.inner_text() == ""
    page.text.fill(text)
    page.wait(lambda: title in page.card.inner_text())
    assert page.card.get_by_role("link", name="Call 999").get_attribute("href") == "tel:999"


def test_the_pen_comes_first_on_the_offline_card_and_the_call_is_kept_for_later(visit, seen):
    page = visit(PHONE)
    page.context.set_offline(True)
    page.write("my throat is closing, offline card")
    page.wait(lambda: "Emergency" in page.card.inner_text())
    assert "adrenaline pen, use it next" in page.card.locator("li").first.inner_text()
    page.card.get_by_role("button", name="I have called").click()
    page.wait(lambda: "Stay on the line" in page.card.inner_text())
    assert page.element.get_by_text("Not sent yet").count() == 2
    page.context.set_offline(False)
    page.wait(lambda: page.element.locator("li.emergency").count() == 1)
    assert seen("closing, offline card") == 1


def test_a_false_alarm_of_the_offline_list_ends_when_the_service_has_read_the_message(visit):
    page = visit()
    page.context.set_offline(True)
    page.write("can my chest hurt from lifting boxes?")
    page.wait(lambda: "Emergency" in page.card.inner_text())
    page.context.set_offline(False)
    page.wait(lambda: page.answers.count() == 1)
    page.wait(lambda: page.card.inner_text() == "")


def test_a_reload_without_a_network_still_has_chat_numbers_and_red_flags(visit, seen):
    page = visit(PHONE)
    page.say("hello")
    page.page.wait_for_function("() => navigator.serviceWorker.controller")
    page.context.set_offline(True)
    page.page.reload()
    page.text.wait_for()
    page.wait(lambda: "No connection" in page.shown())
    assert page.element.get_by_role("link", name="Call 999").is_visible()
    page.write("my lips are swelling, after a reload")
    page.wait(lambda: "Emergency: call now" in page.card.inner_text())
    page.context.set_offline(False)
    page.wait(lambda: page.answers.count() >= 2)
    assert seen("swelling, after a reload") == 1


def test_when_the_server_is_gone_she_is_told_and_nothing_is_lost(browser, address, seen):
    line = Line(address, free_port())
    line.connect()
    context = browser.new_context(viewport=PHONE)
    page = Page(context, line.address)
    page.say("hello")
    line.cut()
    page.write("sent while the server is gone")
    page.wait(lambda: "No connection" in page.shown())
    page.text.fill("half a sent")
    line.connect()
    page.wait(lambda: page.answers.count() == 2, seconds=30)
    page.page.reload()
    page.wait(lambda: page.answers.count() == 2)
    assert page.text.input_value() == "half a sent"
    assert seen("sent while the server is gone") == 1
    context.close()
    line.cut()


def test_a_reload_while_messages_wait_sends_them_afterwards(visit, seen):
    page = visit()
    page.say("hello")
    page.page.route("**/chat/messages", lambda route: route.abort())
    page.write("kept over a reload")
    page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 1)
    page.page.unroute("**/chat/messages")
    page.page.reload()
    page.wait(lambda: page.answers.count() == 2)
    assert seen("kept over a reload") == 1
