"""The threat model names tests as its evidence; they have to be there."""

import re

from bot.settings import PROJECT

PAGE = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`([\w/]*test_\w+\.py)`", PAGE))
    assert len(named) > 15
    files = {str(path) for path in (PROJECT / "tests").rglob("test_*.py")}
    shortened = {name.removeprefix("tests/") for name in named}
    missing = {name for name in shortened if not any(f.endswith("/" + name) for f in files)}
    assert missing == set()


def test_every_boundary_goes_through_all_six_kinds():
    for boundary in re.split(r"\n## \d\. ", PAGE)[1:7]:
        kinds = re.findall(r"\n\| ([STRIDE]) \|", boundary)
        assert set(kinds) == set("STRIDE"), boundary.splitlines()[0]
