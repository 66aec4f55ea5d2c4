"""Every row of section 6, what is over, combinations and modifiers: findings to level."""

from dataclasses import replace

import pytest
from triage_reading import read_row, read_rows

from bot.triage import Level, assess
from bot.triage.reader import load_table

LINES = read_rows()
TABLE = load_table()


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.replace(" | ", "|"))
def test_row(line):
    screening, context, level = read_row(line)
    result = assess(screening, context)
    assert result.level == level, result.rules


@pytest.mark.parametrize("key", sorted(TABLE.rows))
def test_every_case_of_a_row_is_reached_by_a_line(key):
    """Puts another rule into one case after the other: some line must come out differently."""
    row = TABLE.rows[key]
    about = [read_row(line)[:2] for line in LINES if key in line.split("|")[0]]
    assert about, f"no line of triage_rows.txt has {key}"
    expected = [assess(*arguments).rules for arguments in about]
    for number, case in enumerate(row.cases):
        marked = replace(case, rules=("marked",), level=Level.EMERGENCY_NOW)
        cases = (*row.cases[:number], marked, *row.cases[number + 1 :])
        table = replace(TABLE, rows={**TABLE.rows, key: replace(row, cases=cases)})
        changed = [assess(*arguments, table=table).rules for arguments in about]
        assert changed != expected, f"no line reaches case {number + 1} of {key}"


@pytest.mark.parametrize("number", range(len(TABLE.rules)), ids=lambda n: TABLE.rules[n].id)
def test_every_rule_is_reached_by_a_line(number):
    rule = TABLE.rules[number]
    marked = replace(rule, id="marked")
    table = replace(TABLE, rules=(*TABLE.rules[:number], marked, *TABLE.rules[number + 1 :]))
    fired = (assess(*read_row(line)[:2], table=table).rules for line in LINES)
    assert any("marked" in rules for rules in fired)
