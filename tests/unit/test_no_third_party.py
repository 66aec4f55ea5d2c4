"""No page of ours names another site from which a browser would load something."""

import re

import pytest

from bot.settings import PROJECT

#: Names of XML dialects, which nobody asks for, and the example in a comment on embedding.
KNOWN = {"http://www.w3.org/2000/svg", "https://clinic.example/widget.js"}
ADDRESS = re.compile(r"""(?:https?:)?//(?:[a-z0-9-]+\.)+[a-z]{2,}[^\s"'`)<>]*""", re.I)
FILES = [
    path
    for room in ("widget", "desk", "plan")
    for path in sorted((PROJECT / "bot" / room).rglob("*"))
    if path.suffix in (".html", ".js", ".css", ".svg")
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_other_site_is_named(path):
    assert set(ADDRESS.findall(path.read_text(encoding="utf-8"))) - KNOWN == set()


def test_the_search_would_find_one():
    assert ADDRESS.findall('<script src="//cdn.example.com/x.js">') == ["//cdn.example.com/x.js"]
    assert len(FILES) > 25
