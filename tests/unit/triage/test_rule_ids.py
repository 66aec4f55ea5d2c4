"""Every rule of the policy has a place, and no rule is invented."""

import re
from pathlib import Path

from bot.triage.reader import load_table

POLICY = Path(__file__).resolve().parents[3] / "docs" / "clinical" / "triage.md"
SERIES = "G|C|WAO|NF|SK|AW|BR|CI|GI|NE|OB|CA|IS|IN|MH|TX|RM|N|P|Q|O|U"
DEFINED = re.compile(rf"^(?:\| |- )((?:{SERIES})-\d+[a-z]?)\b", re.MULTILINE)
MODIFIER = re.compile(r"\b(RM-\d\d) [A-Z]")
ANY_ID = re.compile(rf"\b(?:{SERIES})-\d+[a-z]?\b")


def rules_of_the_policy():
    text = POLICY.read_text(encoding="utf-8").split("## 12. Test vectors")[0]
    return set(DEFINED.findall(text)) | set(MODIFIER.findall(text))


def test_every_rule_of_the_policy_has_a_place_in_the_data():
    assert rules_of_the_policy() - load_table().rule_ids() == set()


def test_no_rule_in_the_data_is_unknown_to_the_policy():
    assert load_table().rule_ids() - rules_of_the_policy() == set()


def test_every_rule_that_can_fire_is_in_the_policy():
    table = load_table()
    cases = [case for row in table.rows.values() for case in row.cases]
    cases += [rule.case for rule in table.rules] + list(table.history + table.resolved)
    named = {rule for case in cases for rule in case.rules}
    assert named - rules_of_the_policy() == set()


def test_the_policy_has_as_many_rules_as_read_here():
    """Guards the pattern above: a policy whose layout changed must not read as empty."""
    assert len(rules_of_the_policy()) > 170
