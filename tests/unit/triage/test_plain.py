"""An assessment that crosses from one service to the other arrives as it was sent."""

import json

from bot.triage.plain import assessment_as_plain, assessment_from_plain
from bot.triage.vocabulary import Ago, Assertion, Assessment, Experiencer, Finding, Level, Subtype


def test_an_assessment_survives_json():
    finding = Finding(
        "AW-01",
        3,
        20,
        "throat feels tight",
        Assertion.RESOLVED,
        Experiencer.OTHER,
        frozenset({"sudden", "child"}),
        Ago(30, None),
        {"spo2": 88.0},
    )
    assessment = Assessment(
        Level.EMERGENCY_NOW,
        Subtype.ALLERGIC,
        ("C-01", "WAO-2"),
        (finding,),
        "U-01",
        True,
        ("before next injection",),
        "Throat tightness half an hour ago.",
    )
    assert (
        assessment_from_plain(json.loads(json.dumps(assessment_as_plain(assessment)))) == assessment
    )


def test_no_level_stays_no_level():
    nothing = Assessment(None, None)
    assert assessment_from_plain(assessment_as_plain(nothing)) == nothing
