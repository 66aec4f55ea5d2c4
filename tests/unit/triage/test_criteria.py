"""The published criteria of section 4 as written: each on its own, only on its conditions."""

import pytest
from triage_reading import read_row

from bot.triage import Level, assess

# findings | circumstances | rules that must fire | rules that must not
CASES = [
    "SK-01, BR-01 | 30min | WAO-1 NF-1 NF-2 | NF-3",
    "SK-04, AW-01 | 2w | WAO-1 NF-1 | NF-2 WAO-2",
    "SK-05, CI-01 | 30min | WAO-1 NF-1 NF-2 WAO-2 |",
    "SK-01, GI-03 | 30min | WAO-1 NF-2 | NF-1 WAO-2",
    "SK-01, GI-03 | 2w | WAO-1 | NF-1 NF-2",
    "SK-01, GI-01 | 30min | C-02 | WAO-1 NF-1 NF-2 WAO-2",
    "SK-01, SK-13 | 30min | C-02 | WAO-1 NF-1 NF-2",
    "SK-02, BR-02 | 30min | WAO-2 | WAO-1 NF-1",
    "SK-01 unchanged, BR-02 unchanged | 2w | C-01 | WAO-1 NF-1 WAO-2",
    "BR-02 | 30min | WAO-2 | WAO-1 NF-1 NF-2",
    "AW-05 | | WAO-2 | NF-2",
    "BR-02 | 2w | C-01 | WAO-2",
    "BR-02 | none | C-01 | WAO-2",
    "CI-08 systolic=85 | 30min | WAO-2 | NF-3",
    "CI-08 systolic=85, TX-05 | 30min | WAO-2 NF-3 |",
    "CI-08 systolic=85, TX-05 | 2w | CI-08 | WAO-2 NF-3",
    "CI-08 systolic=100 usual_systolic=150, TX-05 | 30min | NF-3 |",
    "CI-08 systolic=110 usual_systolic=150, TX-05 | 30min | CI-08 | NF-3",
    "AW-01, BR-01 | 30min | WAO-2 | NF-2",
    "CI-04, GI-03 | 30min | NF-2 | WAO-1 NF-1",
]


@pytest.mark.parametrize("case", CASES)
def test_criterion(case):
    findings, circumstances, fires, silent = case.split("|")
    screening, context, _ = read_row(f"{findings}|{circumstances}|NONE")
    rules = set(assess(screening, context).rules)
    assert set(fires.split()) <= rules
    assert not set(silent.split()) & rules


@pytest.mark.parametrize("case", [case for case in CASES if "WAO" in case.split("|")[2]])
def test_a_criterion_that_fires_is_an_emergency(case):
    findings, circumstances, _, _ = case.split("|")
    screening, context, _ = read_row(f"{findings}|{circumstances}|NONE")
    assert assess(screening, context).level is Level.EMERGENCY_NOW
