"""What a nurse's browser asks for: of our own address, and of no other."""

import pytest

pytestmark = pytest.mark.services

PAGES = (
    ("Ben", "lead", ("/desk", "/desk/insight", "/desk/accounts")),
    ("Cleo", "auditor", ("/desk/audit",)),
)


def test_no_page_of_the_desk_asks_another_site(quiet, open_desk):
    asked = []
    for name, role, paths in PAGES:
        page = open_desk(quiet, name, role, paths[0])
        page.context.on("request", lambda request: asked.append(request.url))
        for path in paths:
            page.goto(quiet.address + path)
    assert len(asked) > 4
    assert [url for url in asked if not url.startswith((quiet.address, "data:"))] == []
