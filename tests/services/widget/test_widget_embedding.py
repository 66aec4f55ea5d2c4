"""One line on the page of another site: strict policies, the button, the host page left alone."""

import pytest
from chat_page import DESKTOP, PHONE, Page

pytestmark = pytest.mark.services


def host(site, address, body="", attributes='data-region="US"', policy=None):
    """Write the host page: one line of HTML, under a policy that allows nothing else."""
    default = f"default-src 'none'; script-src {address}; connect-src {address}"
    (site / "policy.txt").write_text(policy or default)
    (site / "index.html").write_text(
        "<!doctype html><html lang=en><title>Clinic</title><main><h1>Clinic</h1>"
        f'{body}</main><script src="{address}/widget.js" {attributes}></script></html>'
    )


@pytest.fixture
def embedded(browser, address, host_page):
    """Open the host page; at the end nothing may have been refused by its policy."""
    origin, site = host_page
    pages = []

    def open_page(viewport=DESKTOP, **options):
        host(site, address, **options)
        context = browser.new_context(viewport=viewport)
        pages.append(Page(context, origin, "/"))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()
        assert [one for one in page.problems if "favicon" not in one] == []


def test_one_line_puts_the_chat_on_another_site_under_its_strict_policy(embedded):
    page = embedded()
    assert not page.element.locator(".chat").is_visible()
    page.launcher.click()
    page.say("my throat feels tight", answers=3)
    assert page.card.get_by_role("link", name="Call 911").is_visible()
    display = page.element.locator("section").evaluate("(one) => getComputedStyle(one).display")
    assert display == "flex"
    assert page.axe() == []


def test_it_can_stand_inside_the_page_instead_of_in_its_corner(embedded):
    page = embedded(body='<div id="here"></div>', attributes='data-target="#here" data-region="GB"')
    assert page.launcher.count() == 0
    assert page.page.locator("#here b12-symptom-check").count() == 1
    page.say("hello")


def test_the_keyboard_opens_it_closes_it_and_gets_back_to_where_it_was(embedded):
    page = embedded()
    keys = page.page.keyboard
    keys.press("Tab")
    assert page.focused() == "Symptom check"
    keys.press("Enter")
    assert page.focused() == "text"
    keys.press("Escape")
    assert page.focused() == "Symptom check"
    assert not page.element.locator(".chat").is_visible()


def test_on_a_phone_nothing_behind_the_open_chat_gets_the_focus(embedded):
    page = embedded(PHONE, body='<a href="#x">a link of the page</a>')
    page.launcher.click()
    found = set()
    for _ in range(14):
        page.page.keyboard.press("Tab")
        found.add(page.focused())
    assert "a link of the page" not in found and "Close the chat" in found
    assert page.overflow() == [] and page.small_targets() == []


def test_an_open_chat_stays_open_on_the_next_page_and_takes_no_focus(embedded):
    page = embedded()
    page.launcher.click()
    page.say("hello")
    page.page.reload()
    page.wait(lambda: page.answers.count() == 1)
    assert page.element.locator(".chat").is_visible()
    assert page.focused() != "text"


def test_the_page_comes_first_and_its_main_thread_stays_free(browser, address, host_page):
    origin, site = host_page
    host(site, address)
    context = browser.new_context(viewport=DESKTOP)
    context.add_init_script(
        """window.long = [];
        new PerformanceObserver((list) => {
          for (const one of list.getEntries()) long.push(one.duration);
        }).observe({ type: "longtask", buffered: true });"""
    )
    page = Page(context, origin, "/")
    page.page.wait_for_timeout(300)
    loaded = page.page.evaluate(
        """() => {
          const files = performance.getEntriesByType("resource");
          const chat = files.find((one) => one.name.endsWith("chat.js"));
          return chat.startTime >= performance.getEntriesByType("navigation")[0].loadEventStart;
        }"""
    )
    assert loaded, "the chat was loaded before the page"
    # A task of 50 ms blocks nobody; on a busy test machine four times that is still one task.
    assert max(page.page.evaluate("() => long"), default=0) < 200
    assert page.page.evaluate("() => Object.keys(localStorage).length") <= 1
    context.close()


def test_a_host_page_changes_its_colours_by_variables(embedded, address):
    allowed = f"script-src {address}; connect-src {address}; style-src 'unsafe-inline'"
    page = embedded(
        body="<style>b12-symptom-check { --b12-accent: #7a1f5c; --b12-radius: 0 }</style>",
        policy=f"default-src 'none'; {allowed}",
    )
    colour = page.launcher.evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert colour == "rgb(122, 31, 92)"


def test_the_theme_can_be_chosen_by_the_host_page(embedded):
    page = embedded(attributes='data-region="GB" data-theme="dark"')
    page.launcher.click()
    colour = page.element.locator(".chat").evaluate(
        "(one) => getComputedStyle(one).backgroundColor"
    )
    assert colour == "rgb(20, 29, 29)"


def test_a_site_that_is_not_allowed_gets_no_session(browser, address, host_page):
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
    context.close()
