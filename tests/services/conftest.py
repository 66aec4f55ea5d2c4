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
