"""WCAG 2.2 AA in every state, keyboard only, every size, right to left, forced colours."""

import pytest
from chat_page import DESKTOP, PHONE

pytestmark = pytest.mark.services

STATES = {
    "first": [],
    "answer": ["will it harm my baby?"],
    "quick replies": ["my arm is sore"],
    "emergency": ["my throat feels tight"],
    "crisis": ["i want to die"],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", [*STATES, "offline", "offline emergency", "dialog", "menu"])
def test_every_state_is_accessible_and_fits_a_small_phone(visit, state, scheme):
    page = visit(PHONE, color_scheme=scheme, reduced_motion="reduce")
    for text in STATES.get(state, []):
        page.say(text)
    if state.startswith("offline"):
        page.context.set_offline(True)
        page.write("my throat feels tight" if "emergency" in state else "my arm")
        page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 1)
    if state == "dialog":
        page.choose("New chat")
    if state == "menu":
        page.button("More", exact=True).click()
    page.page.wait_for_timeout(200)
    assert page.axe() == []
    assert page.small_targets() == []
    assert page.overflow() == []
    assert state in ("dialog", "menu") or page.cut_off() == []


@pytest.mark.parametrize("path", ["/chat/", "/chat/demo"])
def test_at_desktop_size_and_200_percent_it_is_accessible_too(visit, path):
    for viewport, scale in ((DESKTOP, 1), ({"width": 640, "height": 400}, 2)):
        page = visit(viewport, path=path, device_scale_factor=scale)
        if page.launcher.count():
            assert page.axe() == []
            page.launcher.click()
        page.say("my throat feels tight", answers=3)
        assert page.axe() == []
        assert page.overflow() == [] and page.cut_off() == []
        assert page.card.get_by_role("link", name="Call 999").is_visible()


def test_everything_works_with_the_keyboard_alone(visit):
    page = visit()
    keys, focused = page.page.keyboard, page.focused
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
    page.button("More", exact=True).focus()
    keys.press("Enter")
    assert focused() == "Copy the chat"
    keys.press("ArrowUp")
    assert focused() == "Delete my chat"
    keys.press("Escape")
    assert focused() == "More"
    keys.press("Enter")
    for _ in range(3):
        keys.press("ArrowDown")
    assert focused() == "New chat"
    keys.press("Enter")
    assert focused() == "Keep this chat"
    keys.press("Escape")
    assert focused() == "More"
    assert page.messages.count() == 2
    keys.press("Enter")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.press("Tab")
    keys.press("Enter")
    page.wait(lambda: page.messages.count() == 0)
    assert focused() == "text"


def test_right_to_left_turns_the_page_around_but_not_english_sentences(visit):
    page = visit()
    page.page.evaluate("() => (document.documentElement.dir = 'rtl')")
    page.say("hello")
    mine, theirs = page.messages.first.bounding_box(), page.answers.first.bounding_box()
    assert mine["x"] < theirs["x"]
    direction = page.answers.first.evaluate("(one) => getComputedStyle(one).direction")
    assert direction == "ltr"
    assert page.overflow() == []


def test_in_forced_colours_the_card_and_the_bubbles_keep_their_edges(visit):
    page = visit(PHONE, forced_colors="active")
    page.say("my throat feels tight", answers=3)
    for part in (
        page.card.locator(".card"),
        page.answers.first,
        page.button("I can't", exact=True),
    ):
        width = part.evaluate("(one) => parseFloat(getComputedStyle(one).borderTopWidth)")
        assert width >= 1
    assert page.axe() == []


def test_who_wants_less_motion_gets_none(visit):
    page = visit(reduced_motion="reduce")
    page.write("slow question")
    dots = page.element.locator(".dots")
    dots.wait_for()
    assert dots.evaluate("(one) => getComputedStyle(one).animationName") == "none"
    page.wait(lambda: page.answers.count() == 1)
