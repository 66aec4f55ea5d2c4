"""The alert rules and the dashboard speak of metrics that exist, in a language Prometheus reads."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.care import figures
from bot.channels.figures import ChannelFigures
from bot.observability import metrics
from bot.settings import load_settings

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "observability"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
RULE_LIST = [rule for group in RULES["groups"] for rule in group["rules"]]
EXPRESSIONS = [rule["expr"] for rule in RULE_LIST] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]
_NAME = re.compile(r"\b(?:bot|care)_[a-z_]+\b")
_PAIRS = {")": "(", "]": "[", "}": "{"}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    import dataclasses

    from bot.care import database
    from bot.care.watchdog import Watchdog

    folder = tmp_path_factory.mktemp("rules")
    settings = dataclasses.replace(
        load_settings(environment={}), folder=folder, care_database=f"sqlite:///{folder}/care.db"
    )
    database.migrate(settings)
    found = set(metrics.names())
    collectors = (figures.CareFigures(settings, [], Watchdog(settings, [])),)
    for collector in (*collectors, ChannelFigures(settings)):
        for family in collector.collect():
            endings = ("_sum", "_count") if family.type == "summary" else ("",)
            found |= {family.name + ending for ending in endings}
    database.dispose(settings)
    return found


def test_every_metric_exists(known):
    used = {name for expression in EXPRESSIONS for name in _NAME.findall(expression)}
    assert used - known == set()


def test_every_metric_is_in_the_manual(known):
    manual = (FOLDER.parents[1] / "docs" / "observability.md").read_text()
    endings = re.compile(r"_(bucket|sum|count)$")
    assert {n for n in known if endings.sub("", n) not in manual} == set()


def test_rules_are_complete():
    for rule in RULE_LIST:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["action"].endswith(".")
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert len({rule["alert"] for rule in RULE_LIST}) == len(RULE_LIST)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_brackets_and_ranges_close(expression):
    opened, bare = [], re.sub(r'"[^"]*"', '""', expression)
    for sign in bare:
        if sign in _PAIRS.values():
            opened.append(sign)
        elif sign in _PAIRS:
            assert opened and opened.pop() == _PAIRS[sign], expression
    assert not opened
    assert all(re.fullmatch(r"\d+[smhd]", each) for each in re.findall(r"\[([^\]]*)\]", bare))
    for name in re.findall(r"(?:rate|increase|delta)\(([^)]*)\)", bare):
        assert "[" in name, f"{expression} needs a range"


def test_promtool_agrees():
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed; the tests above read the rules themselves")
    for question, file in (("check", "alerts.yml"), ("test", "alerts_test.yml")):
        done = subprocess.run(
            [tool, question, "rules", str(FOLDER / file)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
