"""Which emergency text fits, from the real assessment of a text."""

import pytest

from bot.assessment import assess_text
from bot.nlu.wording import emergency_kind, mentions_crisis
from bot.triage.vocabulary import Assessment, Experiencer, Finding, Level, Subtype


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my throat is closing, had the b12 shot 10 minutes ago", "allergic"),
        ("having a seizure", "seizure"),
        ("my face is drooping on one side and my speech is slurred", "stroke"),
        ("bleeding heavily, soaking pads", "bleeding"),
        ("I am going to kill myself", "crisis_intent"),
        ("I don't want to be here anymore", "crisis_passive"),
        ("hearing voices telling me the baby is not mine", "psychosis"),
    ],
)
def test_the_text_fits_the_emergency(text, kind):
    assert emergency_kind(assess_text(text)) == kind


@pytest.mark.parametrize(
    ("subtype", "rule", "kind"),
    [
        (Subtype.CARDIORESP, "CA-01", "cardioresp"),
        (Subtype.NEURO, "NE-03", "neuro"),
        (Subtype.OBSTETRIC, "OB-05", "obstetric"),
        (Subtype.INFECTION, "C-21", "sepsis"),
        (Subtype.OTHER, "C-15", "severe_skin"),
        (Subtype.OTHER, "G-12", "other"),
    ],
)
def test_without_a_narrower_text_the_sub_type_decides(subtype, rule, kind):
    assert emergency_kind(Assessment(Level.EMERGENCY_NOW, subtype, (rule,))) == kind


def test_another_person_in_danger_is_not_addressed_as_the_patient():
    finding = Finding("BR-01", 0, 4, "text", experiencer=Experiencer.OTHER)
    assessment = Assessment(Level.EMERGENCY_NOW, Subtype.ALLERGIC, ("O-01",), (finding,))
    assert emergency_kind(assessment) == "other_person"


def test_a_crisis_beside_an_allergic_reaction_is_noticed():
    assessment = assess_text("my lips are swelling after the shot and I want to die")
    assert emergency_kind(assessment) == "allergic"
    assert mentions_crisis(assessment.findings)


def test_a_denied_crisis_is_none():
    assert not mentions_crisis(assess_text("I am not suicidal").findings)
