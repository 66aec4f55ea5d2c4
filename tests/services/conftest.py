"""One browser for all tests of this folder: Playwright runs one loop per process.

For the same reason `make test` runs this folder in a process of its own: the loop never ends
before the session does, and the asynchronous tests of other folders need one of their own.
"""

import shutil

import pytest

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium. `make test` installs one where it may."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("There is no Chromium here; install it with: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def care(tmp_path_factory):
    """A care process that the tests of the desk share, because starting one takes seconds."""
    from desk_site import PASSWORD, Care

    from bot.desk import accounts

    made = Care(tmp_path_factory.mktemp("care")).start()
    for name, role in (("Ada", "nurse"), ("Ben", "lead"), ("Cleo", "auditor"), ("Dee", "admin")):
        accounts.add_user(made.settings, name, PASSWORD, role)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    """Both services with the trained model: starting them takes half a minute, so they are shared.

    Write what no other test writes, and leave both running.
    """
    from real_system import System

    made = System(tmp_path_factory.mktemp("system"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def quiet(care):
    """The shared care process with an empty queue."""
    care.resolve_all()
    return care


@pytest.fixture
def open_desk(browser):
    """Opens the desk of a care process for an account, in a browser profile of its own."""
    from desk_site import cookie_for

    contexts = []

    def open_for(care, name="Ada", role="nurse", path="/desk"):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.add_cookies([{**cookie_for(care, name, role), "url": f"{care.address}/desk"}])
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on(
            "console",
            lambda line: page.problems.append(line.text) if line.type == "error" else None,
        )
        page.goto(care.address + path)
        if role in ("nurse", "lead"):
            page.wait_for_selector("#link-state[data-state=live]")
        return page

    yield open_for
    for context in contexts:
        context.close()
