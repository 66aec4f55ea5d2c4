"""Questions and answers, delivery, resuming: the chat in a browser with the line up."""

import pytest
from chat_page import PHONE

pytestmark = pytest.mark.services


def test_before_anything_is_written_she_reads_what_this_is_and_whom_to_call(visit):
    page = visit(PHONE)
    shown = page.shown()
    assert "automated service, not a person" in shown
    assert "A nurse may read this chat" in shown
    assert "An emergency must be phoned, not typed" in shown
    call = page.element.get_by_role("link", name="Call 999")
    assert call.get_attribute("href") == "tel:999"
    assert call.is_visible()


def test_a_way_to_begin_sends_its_words_and_all_of_them_go(visit, seen):
    page = visit(PHONE, has_touch=True, is_mobile=True)
    ways = page.element.get_by_role("group", name="Ways to begin").get_by_role("button")
    assert ways.count() == 3
    before = seen("'Is B12 safe for my baby?'")
    page.button("Is it safe for my baby?").click()
    page.wait(lambda: page.answers.count() == 1)
    assert seen("'Is B12 safe for my baby?'") == before + 1
    assert ways.count() == 0 and page.focused() == "Conversation"
    page.page.reload()
    page.wait(lambda: page.answers.count() == 1)
    assert ways.count() == 0
    page.choose("New chat")
    page.button("Start a new chat").click()
    page.wait(lambda: ways.count() == 3)


def test_nothing_leaves_her_browser_before_she_writes(visit):
    page = visit()
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.text.type("my thr")
    page.page.wait_for_timeout(500)
    assert asked == []


def test_a_question_is_answered_with_time_and_delivery_state(visit):
    page = visit()
    page.say("will it harm my baby?")
    assert "no reason to expect harm" in page.answers.first.inner_text()
    assert page.answers.first.get_by_role("link", name="999").get_attribute("href") == "tel:999"
    assert "Sent" in page.messages.first.inner_text()
    assert page.messages.first.locator("time").get_attribute("datetime")
    assert page.element.locator("[aria-live=polite]", has_text="no reason to expect").count() == 1


def test_she_sees_that_her_message_is_being_read(visit):
    page = visit()
    page.write("slow question")
    page.element.get_by_text("Reading your message").wait_for()
    page.wait(lambda: page.answers.count() == 1)
    assert not page.element.get_by_text("Reading your message").is_visible()


def test_what_she_writes_is_shown_as_text_and_never_as_code(visit):
    page = visit()
    page.say("<img src=x onerror=alert(1)><b>bold</b>")
    assert "<b>bold</b>" in page.messages.first.inner_text()
    assert page.element.locator("li img, li b").count() == 0


def test_a_quick_reply_sends_its_words_once_and_goes(visit, seen):
    page = visit()
    page.say("my arm is sore")
    before = seen("'yes'")
    page.button("Yes", exact=True).click()
    page.wait(lambda: page.answers.count() == 2)
    assert "yes" in page.messages.last.inner_text()
    assert page.element.get_by_role("group", name="Suggested answers").count() == 0
    assert seen("'yes'") == before + 1


def test_a_question_stays_open_when_something_is_said_after_it(visit):
    page = visit()
    page.say("my throat feels tight", answers=3)
    assert "nurse" in page.answers.last.inner_text()
    page.button("Yes, I called").click()
    page.wait(lambda: "Yes, I have called" in page.messages.last.inner_text())
    assert page.element.get_by_role("group", name="Suggested answers").count() == 0


def test_a_message_that_is_too_long_stays_in_the_field(visit):
    page = visit()
    page.write("x" * 4100)
    assert "shorten your message by 100 characters" in page.shown()
    assert len(page.text.input_value()) == 4100
    assert page.messages.count() == 0


def test_an_answer_that_got_lost_on_the_way_is_not_asked_for_twice(visit, seen):
    page = visit()
    lost = []

    def lose_first(route):
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.page.route("**/chat/messages", lose_first)
    page.say("answered but lost")
    page.wait(lambda: "Sent" in page.messages.first.inner_text())
    page.page.wait_for_timeout(1500)
    assert (page.answers.count(), page.messages.count()) == (1, 1)
    assert page.element.locator(".heard p").count() == 1
    assert seen("answered but lost") == 1


def test_a_reload_resumes_the_conversation_and_its_emergency(visit):
    page = visit()
    page.say("hello")
    page.say("my throat feels tight", answers=3)
    page.page.reload()
    page.wait(lambda: page.answers.count() == 4)
    assert page.messages.count() == 2
    assert "Call 999" in page.card.inner_text()
    page.say("still here")
    assert page.answers.count() == 5


def test_two_tabs_show_one_conversation(visit, seen):
    one = visit()
    two = visit(context=one.context)
    one.say("written in tab one")
    two.wait(lambda: two.answers.count() == 1)
    two.say("written in tab two")
    one.wait(lambda: one.answers.count() == 2 and one.messages.count() == 2)
    assert seen("written in tab two") == 1
    two.choose("New chat")
    two.button("Start a new chat").click()
    one.wait(lambda: one.messages.count() == 0)


def test_an_ended_session_begins_anew_without_losing_the_message(visit):
    page = visit()
    page.say("hello")
    page.page.evaluate(
        "() => localStorage.setItem('b12-symptom-check', JSON.stringify({token: 'v1.old.old'}))"
    )
    page.page.reload()
    page.say("I am back")
    assert "I read: I am back" in page.answers.last.inner_text()
    assert "No connection" not in page.shown()


def test_a_token_near_its_end_is_renewed_and_the_conversation_goes_on(visit):
    page = visit()
    page.say("hello")
    before = page.token()
    page.page.evaluate(
        """() => {
          const kept = JSON.parse(localStorage["b12-symptom-check"]);
          const expires = Date.now() / 1000 + 60;
          localStorage["b12-symptom-check"] = JSON.stringify({...kept, expires});
        }"""
    )
    # The token is made of its expiry in seconds, so a new one differs only after a second.
    page.page.wait_for_timeout(1100)
    page.page.reload()
    page.wait(lambda: page.answers.count() == 1)
    page.wait(lambda: page.token()["token"] != before["token"])
    assert page.token()["conversation"] == before["conversation"]
    assert page.token()["expires"] >= before["expires"]
    page.say("still the same chat")
    assert page.messages.count() == 2
