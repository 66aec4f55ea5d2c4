"""A nurse in the chat: what care pushes, as the patient sees it."""

import secrets

import httpx
import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def care(address, folder):
    """Return what posts to the chat as care does."""
    secret = (folder / "action-secret").read_text()

    def post(conversation, path="push", **content):
        body = {"channel": "web", "conversation_id": conversation, "key": secrets.token_hex(8)}
        answer = httpx.post(
            f"{address}/internal/{path}",
            json={**body, **content},
            headers={"X-Action-Secret": secret},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text

    return post


def test_a_nurses_words_come_without_asking_with_her_name_and_as_a_persons(visit, care):
    page = visit()
    page.say("hello")
    care(page.token()["conversation"], text="How are you now?", author="nurse", author_name="Anna")
    page.wait(lambda: page.element.locator("li.nurse").count() == 1)
    shown = page.element.locator("li.nurse").inner_text()
    assert "Nurse Anna" in shown and "a person, not automated" in shown
    assert page.element.locator(".heard", has_text="Nurse Anna: How are you now?").count() == 1


def test_what_she_missed_while_away_is_there_when_she_comes_back(visit, care):
    page = visit()
    page.say("hello")
    conversation = page.token()["conversation"]
    page.page.goto("about:blank")
    care(conversation, text="Please write back.", author="bot", buttons=[{"title": "I am well"}])
    page.page.go_back()
    page.wait(lambda: "Please write back." in page.answers.last.inner_text())
    page.button("I am well").click()
    page.wait(lambda: "I am well" in page.messages.last.inner_text())


def test_without_a_live_stream_it_comes_by_long_poll(visit, care):
    page = visit()
    page.page.route("**/chat/events", lambda route: route.abort())
    page.say("hello")
    care(page.token()["conversation"], text="By another way.", author="nurse", author_name="Anna")
    page.wait(lambda: page.element.locator("li.nurse").count() == 1)
    assert "No connection" not in page.shown()


def test_a_message_for_a_closed_chat_is_counted_on_the_button(visit, care):
    page = visit(path="/chat/demo")
    page.launcher.click()
    page.say("hello")
    page.button("Close the chat").click()
    care(page.token()["conversation"], text="Are you there?", author="nurse", author_name="Anna")
    page.wait(lambda: page.launcher.inner_text().strip().endswith("1"))
    assert page.launcher.get_attribute("aria-label") == "Symptom check, 1 new"
    page.launcher.click()
    assert "Are you there?" in page.answers.last.inner_text()
    assert page.launcher.get_attribute("aria-label") is None
