"""What counts as right for texts that carry labels instead of levels."""

import pytest

from bot.evaluation.foreign import is_right
from bot.triage.vocabulary import Level


@pytest.mark.parametrize(
    ("label", "lowest_right"),
    [("emergency", Level.EMERGENCY_NOW), ("danger_sign", Level.URGENT_SAME_DAY)],
)
def test_what_must_be_caught(label, lowest_right):
    for answer in (None, *Level):
        assert is_right(label, answer) is (answer is not None and answer >= lowest_right)


@pytest.mark.parametrize(
    ("label", "lowest_wrong"),
    [
        ("not_emergency", Level.EMERGENCY_NOW),
        ("benign", Level.URGENT_SAME_DAY),
        ("diet_and_food", Level.EMERGENCY_NOW),
    ],
)
def test_what_must_be_spared(label, lowest_wrong):
    for answer in (None, *Level):
        assert is_right(label, answer) is (answer is None or answer < lowest_wrong)
