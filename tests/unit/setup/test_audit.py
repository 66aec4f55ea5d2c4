import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[3] / "setup" / "audit.py"
spec = importlib.util.spec_from_file_location("audit", PATH)
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)

TODAY = "2026-06-01"


def package(name, *ids, aliases=()):
    found = [{"id": id, "aliases": list(aliases)} for id in ids]
    return {"name": name, "version": "1.0", "vulns": found}


def judge(*packages, reasons=""):
    return audit.judge({"dependencies": list(packages)}, audit.read_reasons(reasons), TODAY)


def test_nothing_found_passes():
    assert judge(package("a"))[0] == audit.PASSED


def test_a_vulnerability_needs_a_reason_that_has_not_ended():
    assert judge(package("a", "X-1"))[0] == audit.FOUND
    assert judge(package("a", "X-1"), reasons="X-1 | a | 2026-07-01 | local only")[0] == 0
    code, lines = judge(package("a", "X-1"), reasons="X-1 | a | 2026-05-31 | local only")
    assert code == audit.FOUND
    assert lines[0].startswith("ENDED")


def test_a_reason_may_name_the_alias():
    found = package("a", "X-1", aliases=["CVE-1"])
    assert judge(found, reasons="CVE-1 | a | 2026-07-01 | not reachable")[0] == audit.PASSED


def test_a_package_that_was_not_looked_up_never_looks_like_a_clean_one():
    skipped = {"name": "b", "skip_reason": "not found"}
    code, lines = judge(package("a"), skipped)
    assert code == audit.UNKNOWN
    assert "1 of 2 packages could not be looked up" in lines[0]
    assert lines[-1].startswith("NOT AUDITED") and "passed" not in " ".join(lines)
    assert judge(package("a", "X-1"), skipped)[0] == audit.FOUND


@pytest.mark.parametrize("line", ["X-1 | a | soon | r", "X-1 a", "X-1 | a | 2026-01-01 |"])
def test_a_reason_without_a_reason_is_refused(line):
    with pytest.raises(audit.AuditError, match="Line 1"):
        audit.read_reasons(line)
