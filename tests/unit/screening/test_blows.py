"""A blow to the belly or a shove down is a fall or hit (OB-13); the baby's kicks are none."""

import pytest

from bot.screening import screen


def keys(text):
    return {finding.key for finding in screen(text).findings}


@pytest.mark.parametrize(
    "text",
    [
        "my boyfriend punched my bump",
        "got kicked in the bump by my toddler",
        "my son headbutted my tummy this morning",
        "a man on the bus elbowed me in the stomach",
        "he pushed me down the stairs",
        "i got shoved onto the pavement",
        "he slammed me against the wall",
    ],
)
def test_a_blow_or_a_shove_is_found(text):
    assert "OB-13" in keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "baby kicked right in my belly button",
        "the little one kicked my belly all night",
        "i pushed the pram up the steps",
        "threw my keys on the floor",
        "my midwife pushed me to eat more",
    ],
)
def test_the_babys_kicks_and_other_pushes_are_none(text):
    assert "OB-13" not in keys(text)
