"""The emergency card: pinned, announced, with the numbers of the region and what to do."""

import pytest
from chat_page import PHONE

pytestmark = pytest.mark.services


def test_an_emergency_pins_a_card_that_cannot_be_scrolled_away(visit):
    page = visit(PHONE)
    for _ in range(3):
        page.say("will it harm my baby?")
    page.say("my throat feels tight", answers=3)
    call = page.card.get_by_role("link", name="Call 999")
    assert call.get_attribute("href") == "tel:999"
    first_words = page.element.locator("li.emergency .bubble")
    page.wait(lambda: _begins_inside(first_words, page.element.locator(".scroller")))
    for place in (0, 99999):
        page.element.locator(".scroller").evaluate("(one, to) => (one.scrollTop = to)", place)
        page.page.mouse.wheel(0, 3000)
        assert call.is_visible()
        box = call.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]
    assert page.cut_off() == []


def _begins_inside(inner, outer):
    one, other = inner.bounding_box(), outer.bounding_box()
    return one and other and other["y"] - 1 <= one["y"] <= other["y"] + other["height"] - 20


def test_the_card_says_what_to_do_in_the_order_of_the_service(visit):
    page = visit()
    page.say("my throat feels tight", answers=3)
    steps = page.card.locator("li").all_inner_texts()
    assert steps == [
        "If you have your own adrenaline pen, use it next, in your outer thigh.",
        "Lie on your left side.",
        "If it is hard to breathe, sit with legs out.",
        "Do not stand. Do not drive. Do not wait.",
        "Say: pregnant, B12 injection, possible anaphylaxis.",
    ]


def test_it_is_announced_at_once_and_only_once(visit):
    page = visit()
    assert page.card.get_attribute("role") == "alert" and page.card.inner_text() == ""
    page.say("my throat feels tight", answers=3)
    assert "Emergency: call now" in page.card.inner_text()
    assert page.element.locator(".heard", has_text="EMERGENCY:").count() == 0
    page.card.evaluate("(one) => (one.firstChild.marked = true)")
    page.say("hello")
    assert page.card.evaluate("(one) => one.firstChild.marked")


def test_once_she_has_called_she_is_told_to_stay_on_the_line(visit):
    page = visit(PHONE)
    page.say("my throat feels tight", answers=3)
    page.card.get_by_role("button", name="I have called").click()
    page.wait(lambda: "Yes, I have called" in page.messages.last.inner_text())
    assert "Stay on the line" in page.card.inner_text()
    assert page.card.get_by_role("link", name="Call 999").is_visible()
    assert page.card.get_by_role("button", name="I have called").count() == 0
    page.page.reload()
    page.wait(lambda: "Stay on the line" in page.card.inner_text())


def test_the_quick_reply_counts_as_having_called_too(visit):
    page = visit()
    page.say("my throat feels tight", answers=3)
    page.button("Yes, I called").click()
    page.wait(lambda: "Stay on the line" in page.card.inner_text())


def test_when_she_cannot_call_she_is_told_what_else_to_do(visit, seen):
    page = visit(PHONE)
    page.say("my throat feels tight", answers=3)
    before = seen("I can't call")
    page.card.get_by_role("button", name="I can't", exact=True).click()
    page.wait(lambda: "Ask someone near you to call" in page.card.inner_text())
    page.wait(lambda: seen("I can't call") == before + 1)
    assert page.card.get_by_role("link", name="Call 999").is_visible()
    assert page.card.get_by_role("button", name="I have called").is_visible()


def test_a_crisis_has_words_of_its_own(visit):
    page = visit()
    page.say("i want to die", answers=3)
    shown = page.card.inner_text()
    assert "You deserve help right now" in shown and "116 123" in shown
    assert page.card.get_by_role("link", name="116 123").get_attribute("href") == "tel:116123"


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
    assert page.cut_off() == []
    assert page.small_targets() == [] and page.overflow() == [] and page.axe() == []
