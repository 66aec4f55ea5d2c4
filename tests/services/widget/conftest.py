"""One real web channel with a stub engine for these tests, and a page of another site."""

import functools
import http.server
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "unit" / "channels"))

from chat_page import DESKTOP, Page
from stub_chat import free_port, running_chat


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="session")
def host_page(tmp_path_factory):
    """A page of another site, with a strict policy of its own; its address and its folder."""
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


@pytest.fixture(scope="session")
def address(folder, host_page):
    with running_chat(folder, host_page[0], "--generous") as address:
        yield address


@pytest.fixture
def visit(browser, address):
    """Open the page as somebody new; at the end nothing may have gone wrong on it."""
    pages = []

    def open_page(viewport=DESKTOP, context=None, path="/chat/", **options):
        context = context or browser.new_context(viewport=viewport, **options)
        pages.append(Page(context, address, path))
        return pages[-1]

    yield open_page
    problems = [problem for page in pages for problem in page.problems]
    for context in {page.context for page in pages}:
        context.close()
    assert problems == []


@pytest.fixture
def seen(folder):
    """Return how often the engine was given a text."""

    def count(text, where=folder):
        path = where / "seen.txt"
        return path.read_text(encoding="utf-8").count(text) if path.exists() else 0

    return count
