"""A mistake in the decision table is named by file, row and field; a changed level just works."""

import shutil

import pytest

from bot.triage import Context, Finding, Level, Screening, assess
from bot.triage.reader import TABLES, load_table
from bot.triage.table import TableError

SKIN = "findings/6_1_skin.yml"


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "tables"
    shutil.copytree(TABLES, folder)
    return folder


def change(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        (SKIN, "all: [later]", "all: [latter]", ["6_1_skin.yml", "SK-01", "case 1", "'latter'"]),
        (SKIN, "level: URGENT_SAME_DAY", "level: URGENT", ["SK-01", "case 1", "'URGENT'"]),
        (SKIN, "- key: SK-02", "- key: SK-01", ["6_1_skin.yml", "SK-01", "twice"]),
        (SKIN, "ask: 8.6-T1", "ask: 8.6-T9", ["SK-01", "case 1, ask", "'8.6-T9'"]),
        (SKIN, "rules: [C-03]", "rules: [C-99]", ["SK-01", "case 2, rules", "'C-99'"]),
        (SKIN, "subtype: ALLERGIC", "subtype: ALERGIC", ["SK-01", "subtype", "'ALERGIC'"]),
        (SKIN, "  term: Urticaria\n", "", ["SK-01", "term", "missing"]),
        (SKIN, "  source: Seed", "  sauce: Seed", ["SK-01", "source", "missing"]),
        (
            SKIN,
            "    - {level: EMERGENCY_NOW, rules: [C-03]}\n",
            "",
            ["SK-01", "cases", "last case"],
        ),
        ("signs.yml", "keys: [SK-01, SK-03", "keys: [SK-91, SK-03", ["SKIN", "keys", "'SK-91'"]),
        (
            "signs.yml",
            '"systolic >= 90"',
            '"sistolic >= 90"',
            ["signs.yml", "CIRC", "'sistolic'"],
        ),
        (
            "combinations.yml",
            "at_least: 2",
            "at_least: 9",
            ["combinations.yml", "C-02", "at_least"],
        ),
        ("combinations.yml", "{any: [AIRWAY", "{some: [AIRWAY", ["C-01", "when", "'some'"]),
        ("criteria.yml", "level: EMERGENCY_NOW", "level: HIGH", ["WAO-1", "'HIGH'"]),
        ("questions.yml", "next: 8.1-H2", "next: 8.1-X", ["8.1-H1", "if_no", "'8.1-X'"]),
        ("modifiers.yml", "- id: RM-02", "- id: RM-01", ["modifiers.yml", "RM-01", "twice"]),
        ("policy.yml", "act: 0.50", "act: 0.10", ["policy.yml", "second_opinion"]),
        ("resolved.yml", "of: [REACTION]", "of: [REACTIONS]", ["resolved.yml", "'REACTIONS'"]),
        (SKIN, "- key: SK-01", "- key: [SK-01", ["6_1_skin.yml", "cannot be read"]),
    ],
)
def test_a_mistake_is_named(tables, name, old, new, named):
    change(tables, name, old, new)
    with pytest.raises(TableError) as error:
        load_table(tables)
    for part in named:
        assert part in str(error.value)


def test_a_clinician_changes_a_level_without_code(tables):
    change(tables, SKIN, "level: EMERGENCY_NOW, rules: [C-03]", "level: ROUTINE")
    hives = Screening((Finding("SK-01", 0, 5, "hives"),))
    changed = assess(hives, Context(minutes_since_injection=30), table=load_table(tables))
    assert changed.level is Level.ROUTINE
    assert assess(hives, Context(minutes_since_injection=30)).level is Level.EMERGENCY_NOW


def test_the_words_of_a_condition_are_data_and_never_run(tables):
    change(tables, SKIN, "all: [later]", "all: ['__import__(\"os\")']")
    with pytest.raises(TableError, match="unknown word"):
        load_table(tables)


def test_a_missing_file_is_named(tables):
    (tables / "signs.yml").unlink()
    with pytest.raises(TableError, match=r"signs\.yml"):
        load_table(tables)
