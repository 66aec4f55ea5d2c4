"""The patient page in a real browser, against the real web channel with a stub engine."""

import contextlib
import functools
import http.server
import json
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "channels"))

from stub_chat import free_port, running_chat

pytestmark = pytest.mark.services

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def host_page(tmp_path_factory):
    """A page of another site, with a strict policy of its own; its address and its file."""
    site = tmp_path_factory.mktemp("site")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def end_headers(self):
            policy = (site / "policy.txt").read_text()
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", site
    server.shutdown()


@pytest.fixture(scope="module")
def address(folder, host_page):
    with running_chat(folder, host_page[0], "--generous") as address:
        yield address


class Page:
    """The patient page as its user knows it."""

    def __init__(self, context, address):
        self.context, self.problems = context, []
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._console)
        self.page.goto(f"{address}/chat/")
        self.text.wait_for()

    def _console(self, message):
        # A failed request is reported by the browser itself; the tests that cut the line expect it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    @property
    def element(self):
        return self.page.locator("b12-symptom-check")

    def shown(self):
        return self.element.locator(".chat").inner_text()

    @property
    def text(self):
        return self.element.get_by_label("Your message")

    @property
    def card(self):
        return self.element.get_by_role("alert")

    @property
    def answers(self):
        return self.element.locator("li.bot .bubble, li.nurse .bubble")

    @property
    def messages(self):
        return self.element.locator("li.patient")

    def write(self, text):
        self.text.fill(text)
        self.text.press("Enter")

    def say(self, text, answers=1):
        before = self.answers.count()
        self.write(text)
        self.wait(lambda: self.answers.count() >= before + answers)

    def wait(self, condition, seconds=15):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.shown()
            self.page.wait_for_timeout(50)

    def axe(self):
        from axe_playwright_python.sync_playwright import Axe

        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = Axe().run(self.page, options=options).response["violations"]
        return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]

    def small_targets(self):
        """Return what can be pressed but is smaller than 44 by 44 pixels (links in text may be)."""
        return self.page.evaluate(
            """() => [...document.querySelector("b12-symptom-check").shadowRoot
              .querySelectorAll("button, textarea, summary, a.call")]
              .filter((one) => one.checkVisibility())
              .map((one) => [one.textContent, one.getBoundingClientRect()])
              .filter(([, box]) => box.width < 44 || box.height < 44)
              .map(([text]) => text)"""
        )

    def overflow(self):
        return self.page.evaluate(
            """() => {
              const chat = document.querySelector("b12-symptom-check").shadowRoot;
              const wide = [document.documentElement, ...chat.querySelectorAll("*")]
                .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1);
              return wide.map((one) => one.className || one.tagName);
            }"""
        )


@pytest.fixture
def visit(browser, address):
    """Open the page as somebody new; at the end nothing may have gone wrong on it."""
    pages = []

    def open_page(viewport=DESKTOP, context=None, **options):
        context = context or browser.new_context(viewport=viewport, **options)
        pages.append(Page(context, address))
        return pages[-1]

    yield open_page
    for page in pages:
        assert page.problems == []
    for context in {page.context for page in pages}:
        context.close()


def seen(folder, text):
    path = folder / "seen.txt"
    return path.read_text(encoding="utf-8").count(text) if path.exists() else 0


def test_before_anything_is_written_she_reads_what_this_is_and_whom_to_call(visit):
    page = visit(PHONE)
    shown = page.shown()
    assert "automated service, not a person" in shown
    assert "A nurse may read this chat" in shown
    assert "An emergency must be phoned, not typed" in shown
    call = page.element.get_by_role("link", name="Call 999")
    assert call.get_attribute("href") == "tel:999"
    assert call.is_visible()


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


def test_what_she_writes_is_shown_as_text_and_never_as_code(visit):
    page = visit()
    page.say("<img src=x onerror=alert(1)><b>bold</b>")
    assert "<b>bold</b>" in page.messages.first.inner_text()
    assert page.element.locator("li img, li b").count() == 0


def test_an_emergency_pins_a_card_that_cannot_be_scrolled_away(visit):
    page = visit(PHONE)
    for _ in range(3):
        page.say("will it harm my baby?")
    page.say("my throat feels tight", answers=3)
    call = page.card.get_by_role("link", name="Call 999")
    assert call.get_attribute("href") == "tel:999"
    first_words = page.element.locator("li.emergency .bubble")
    page.wait(lambda: _inside(first_words, page.element.locator(".scroller")))
    for place in (0, 99999):
        page.element.locator(".scroller").evaluate("(one, to) => (one.scrollTop = to)", place)
        page.page.mouse.wheel(0, 3000)
        assert call.is_visible()
        box = call.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]
    page.card.get_by_role("button", name="I have called").click()
    page.wait(lambda: "Yes, I have called" in page.messages.last.inner_text())
    assert "Stay on the line" in page.card.inner_text()
    assert call.is_visible()


def _inside(inner, outer):
    one, other = inner.bounding_box(), outer.bounding_box()
    return one and other and other["y"] - 1 <= one["y"] <= other["y"] + other["height"] - 40


def test_a_question_stays_open_when_something_is_said_after_it(visit):
    page = visit()
    page.say("my throat feels tight", answers=3)
    assert "nurse" in page.answers.last.inner_text()
    page.element.get_by_role("button", name="Yes, I called").click()
    page.wait(lambda: "Yes, I have called" in page.messages.last.inner_text())
    assert page.element.get_by_role("group", name="Suggested answers").count() == 0


def test_where_the_country_is_unknown_every_number_is_one_tap_away(visit):
    page = visit(PHONE)
    page.page.evaluate(
        """() => {
          const old = document.querySelector("b12-symptom-check");
          const other = document.createElement("b12-symptom-check");
          other.setAttribute("region", "unknown");
          old.replaceWith(other);
        }"""
    )
    page.say("my throat feels tight", answers=3)
    links = page.card.get_by_role("link")
    called = [links.nth(place).get_attribute("href") for place in range(links.count())]
    assert called == [f"tel:{one}" for one in ("999", "911", "112", "111", "108", "000")]
    assert "Europe" in links.nth(2).inner_text()
    assert page.card.bounding_box()["height"] < PHONE["height"] / 2
    assert page.small_targets() == [] and page.overflow() == [] and page.axe() == []


def test_a_quick_reply_sends_its_words_once_and_goes(visit, folder):
    page = visit()
    page.say("my arm is sore")
    before = seen(folder, "'yes'")
    page.element.get_by_role("button", name="Yes", exact=True).click()
    page.wait(lambda: page.answers.count() == 2)
    assert "yes" in page.messages.last.inner_text()
    assert page.element.get_by_role("group", name="Suggested answers").count() == 0
    assert seen(folder, "'yes'") == before + 1


def test_everything_works_with_the_keyboard_alone(visit):
    page = visit()
    keys = page.page.keyboard

    def focused():
        return page.page.evaluate(
            "() => { const one = document.activeElement.shadowRoot?.activeElement ||"
            " document.activeElement; return one.textContent || one.id || one.className; }"
        )

    keys.press("Tab")
    assert focused() == "Skip to the chat"
    page.text.focus()
    keys.type("first line")
    keys.press("Shift+Enter")
    keys.type("my arm")
    keys.press("Enter")
    page.wait(lambda: page.answers.count() == 1)
    assert "first line\nmy arm" in page.messages.first.inner_text()
    assert focused() == "text"
    keys.press("Shift+Tab")
    assert focused() == "Not sure"
    keys.press("Shift+Tab")
    keys.press("Enter")
    page.wait(lambda: page.answers.count() == 2)
    assert focused() == "text"
    page.element.get_by_role("button", name="New chat").focus()
    keys.press("Enter")
    assert focused() == "Keep this chat"
    keys.press("Escape")
    assert focused() == "New chat"
    assert page.messages.count() == 2
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    page.wait(lambda: page.messages.count() == 0)
    assert focused() == "text"


def test_offline_she_is_told_at_once_and_what_she_wrote_goes_out_once(visit, folder):
    page = visit(PHONE)
    page.say("hello")
    page.context.set_offline(True)
    page.wait(lambda: "No connection" in page.shown())
    page.write("my arm itches, offline")
    page.write("and my leg, offline")
    page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 2)
    assert "is kept and goes out once" in page.shown()
    assert page.element.get_by_role("link", name="Call 999").is_visible()
    page.element.get_by_role("button", name="Try again now").first.click()
    page.page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.wait(lambda: page.answers.count() == 3)
    assert "No connection" not in page.shown()
    page.page.wait_for_timeout(1500)
    assert page.messages.count() == 3
    assert seen(folder, "my arm itches, offline") == 1
    assert seen(folder, "and my leg, offline") == 1


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


def test_when_the_server_is_gone_she_is_told_and_nothing_is_lost(browser, tmp_path):
    port = free_port()
    context = browser.new_context(viewport=PHONE)
    with running_chat(tmp_path, port=port) as address:
        page = Page(context, address)
        page.say("hello")
    page.write("sent while the server is gone")
    page.wait(lambda: "No connection" in page.shown())
    page.text.fill("half a sent")
    with running_chat(tmp_path, port=port):
        page.wait(lambda: page.answers.count() == 2, seconds=30)
        page.page.reload()
        page.wait(lambda: page.answers.count() == 2)
        assert page.text.input_value() == "half a sent"
        assert seen(tmp_path, "sent while the server is gone") == 1
    context.close()


def test_a_reload_while_offline_messages_wait_sends_them_afterwards(visit, folder):
    page = visit()
    page.say("hello")
    page.page.route("**/chat/messages", lambda route: route.abort())
    page.write("kept over a reload")
    page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 1)
    page.page.unroute("**/chat/messages")
    page.page.reload()
    page.wait(lambda: page.answers.count() == 2)
    assert seen(folder, "kept over a reload") == 1


def test_an_answer_that_got_lost_on_the_way_is_not_asked_for_twice(visit, folder):
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
    assert seen(folder, "answered but lost") == 1


def test_without_a_live_stream_messages_still_come(visit):
    page = visit()
    page.page.route("**/chat/events", lambda route: route.abort())
    page.say("hello")
    assert page.answers.count() == 1


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


def test_two_tabs_show_one_conversation(visit, folder):
    one = visit()
    two = visit(context=one.context)
    one.say("written in tab one")
    two.wait(lambda: two.answers.count() == 1)
    two.say("written in tab two")
    one.wait(lambda: one.answers.count() == 2 and one.messages.count() == 2)
    assert seen(folder, "written in tab two") == 1
    two.element.get_by_role("button", name="New chat").click()
    two.element.get_by_role("button", name="Start a new chat").click()
    one.wait(lambda: one.messages.count() == 0)


def test_a_nurse_reply_comes_without_asking(visit, folder):
    from bot.channels import database
    from bot.channels.store import MessageStore

    page = visit()
    page.say("hello nurse page")
    token = page.page.evaluate("() => JSON.parse(localStorage['b12-symptom-check']).token")
    conversation = _conversation(token)
    store = MessageStore(database.engine(f"sqlite:///{folder}/channels.db"))
    store.add(conversation, "nurse", {"text": "This is the nurse. How are you now?"})
    page.wait(lambda: page.element.locator("li.nurse").count() == 1)
    assert "Nurse" in page.element.locator("li.nurse").inner_text()


def _conversation(token):
    import base64

    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))[0]


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


def test_a_message_that_is_too_long_stays_in_the_field(visit):
    page = visit()
    page.write("x" * 4100)
    assert "shorten your message by 100 characters" in page.shown()
    assert len(page.text.input_value()) == 4100
    assert page.messages.count() == 0


STATES = {
    "first": [],
    "answer": ["will it harm my baby?"],
    "quick replies": ["my arm is sore"],
    "emergency": ["my throat feels tight"],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", [*STATES, "offline", "offline emergency", "dialog"])
def test_every_state_is_accessible_and_fits_a_small_phone(visit, state, scheme):
    page = visit(PHONE, color_scheme=scheme, reduced_motion="reduce")
    for text in STATES.get(state, []):
        page.say(text)
    if state.startswith("offline"):
        page.context.set_offline(True)
        page.write("my throat feels tight" if "emergency" in state else "my arm")
        page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 1)
    if state == "dialog":
        page.element.get_by_role("button", name="New chat").click()
    page.page.wait_for_timeout(200)
    assert page.axe() == []
    assert page.small_targets() == []
    assert page.overflow() == []


def test_at_desktop_size_and_200_percent_it_is_accessible_too(visit):
    for viewport, scale in ((DESKTOP, 1), ({"width": 640, "height": 400}, 2)):
        page = visit(viewport, device_scale_factor=scale)
        page.say("my throat feels tight", answers=3)
        assert page.axe() == []
        assert page.overflow() == []
        assert page.card.get_by_role("link", name="Call 999").is_visible()
        assert page.text.is_visible()


def test_right_to_left_turns_the_page_around(visit):
    page = visit()
    page.page.evaluate("() => (document.documentElement.dir = 'rtl')")
    page.say("hello")
    mine, theirs = page.messages.first.bounding_box(), page.answers.first.bounding_box()
    assert mine["x"] < theirs["x"]
    assert page.overflow() == []


def test_one_line_puts_the_chat_on_another_site_under_its_strict_policy(
    browser, address, host_page
):
    origin, site = host_page
    policy = f"default-src 'none'; script-src {address}; connect-src {address}"
    (site / "policy.txt").write_text(policy)
    (site / "index.html").write_text(
        "<!doctype html><html lang=en><title>Clinic</title><main><h1>Clinic</h1>"
        f'<script src="{address}/chat/static/widget.js" data-region="US" async></script></main>'
    )
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(origin)
    chat = page.locator("b12-symptom-check")
    chat.get_by_label("Your message").fill("my throat feels tight")
    chat.get_by_label("Your message").press("Enter")
    chat.get_by_role("alert").get_by_role("link", name="Call 911").wait_for()
    assert chat.locator("section").evaluate("(one) => getComputedStyle(one).display") == "flex"
    assert [one for one in problems if "favicon" not in one and "404" not in one] == []
    context.close()


def test_a_site_that_is_not_allowed_gets_no_session(browser, address, host_page, tmp_path):
    origin, site = host_page
    (site / "policy.txt").write_text("connect-src *")
    (site / "evil.html").write_text("<!doctype html><title>x</title>")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{origin.replace('localhost', '127.0.0.1')}/evil.html")
    script = (
        "(url) => fetch(url, {method: 'POST'}).then((one) => one.text()).catch(() => 'blocked')"
    )
    assert page.evaluate(script, f"{address}/chat/session") == "blocked"
    with contextlib.suppress(Exception):
        page.goto("about:blank")
    context.close()
