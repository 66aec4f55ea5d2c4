"""Every page and state of the desk: axe finds nothing, nothing overflows, targets are large.

Pictures go to the folder named by DESK_PICTURES, if it is set.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_site import fill, history, raised, talk

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def busy(care):
    """A morning: alerts of every level, weeks of history, a nurse who writes; ids by name."""
    history(care, 40)
    waiting = fill(care)
    writing = raised(care, conversation_id="writing")
    talk(care, writing, "Ben", "Hello, I am Ben, a nurse.", "Is somebody with you?", "Stay there.")
    return {"waiting": waiting, "writing": writing}


def check(page, name, width, scheme):
    violations = [
        (violation["id"], violation["nodes"][0]["html"][:200])
        for violation in Axe().run(page).response["violations"]
    ]
    assert violations == [], (name, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            'button, select, summary, input, textarea, .switch, .choice, nav a, .button-link')]
        .filter((e) => e.offsetParent && !['checkbox', 'radio'].includes(e.type))
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
        .filter(([, height]) => height < 43.5)"""
    )
    assert small == [], (name, width)
    folder = os.environ.get("DESK_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (768, "dark"), (1440, "light"), (1440, "dark")]
)
def test_every_page_is_accessible_at_every_width(care, open_desk, busy, width, scheme):
    for role, name, pages in (
        ("lead", "Ben", ("queue", "empty", "alert", "writing", "insight", "missing")),
        ("auditor", "Cleo", ("audit",)),
        ("admin", "Dee", ("accounts", "not-allowed")),
    ):
        page = open_desk(care, name, role, path="/desk")
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        for place in pages:
            page.goto(care.address + ADDRESSES[place].format(**busy))
            if role == "lead":
                page.wait_for_selector("#link-state[data-state=live]")
                # The page offers sound a moment after it has loaded, if the browser withholds it.
                page.wait_for_timeout(400)
                if page.is_visible("#sound-on"):
                    page.click("#sound-on")
            check(page, place, width, scheme)


ADDRESSES = {
    "queue": "/desk",
    "empty": "/desk?text=nothing+like+it",
    "alert": "/desk/alerts/{waiting}",
    "writing": "/desk/alerts/{writing}",
    "insight": "/desk/insight",
    "missing": "/desk/alerts/none",
    "audit": "/desk/audit",
    "accounts": "/desk/accounts",
    "not-allowed": "/desk",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_an_alert_is_accessible(care, open_desk, busy, browser, scheme):
    page = open_desk(care, "Ben", "lead", path=f"/desk/alerts/{busy['writing']}")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 320, "height": 900})
    for action in page.query_selector_all("details.action"):
        action.evaluate("(element) => { element.open = true; }")
    page.focus("mark >> nth=0")
    check(page, "open-forms", 320, scheme)
    for dialog in ("help", "sound"):
        page.click(f"button[data-dialog={dialog}]")
        check(page, dialog, 320, scheme)
        page.keyboard.press("Escape")
    token = page.get_attribute("input[name=csrf] >> nth=0", "value")
    page.evaluate(
        """([path, csrf]) => { const form = document.createElement('form');
        form.method = 'post'; form.action = path;
        form.innerHTML = `<input name=csrf value=${csrf}>`;
        document.body.append(form); form.submit(); }""",
        [f"/desk/alerts/{busy['writing']}/resolve", token],
    )
    page.wait_for_selector("#conflict")
    check(page, "conflict", 320, scheme)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 640})
    sign_in = context.new_page()
    sign_in.goto(f"{care.address}/desk/sign-in")
    sign_in.fill("#name", "Ada")
    sign_in.fill("#password", "wrong")
    sign_in.click("button[type=submit]")
    sign_in.wait_for_selector("text=not right")
    check(sign_in, "sign-in-refused", 320, scheme)
    context.close()


def test_a_thousand_words_without_a_space_do_not_break_the_page(care, open_desk, busy):
    long = raised(care, conversation_id="long", text="a" * 3000 + " 🤰 " + "cantbreathe" * 50)
    page = open_desk(care, path="/desk")
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/desk", f"/desk/alerts/{long}"):
        page.goto(care.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_paper_holds_the_case_and_no_buttons(care, open_desk, busy):
    page = open_desk(care, "Ben", "lead", path=f"/desk/alerts/{busy['writing']}")
    page.emulate_media(media="print")
    for shown in (".summary", ".transcript", ".findings", ".steps", ".print-only"):
        assert page.is_visible(f"{shown} >> nth=0"), shown
    assert not any(button.is_visible() for button in page.query_selector_all("button, textarea"))
    whole = page.evaluate(
        "() => { const b = document.querySelector('.transcript-box');"
        " return b.scrollHeight <= b.clientHeight + 2; }"
    )
    assert whole
