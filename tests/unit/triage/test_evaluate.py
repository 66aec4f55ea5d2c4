"""What assess adds to the rows: other people, the second opinion, sub-types, the summary."""

import pytest
from triage_reading import read_finding

from bot.triage import Context, Level, Screening, StatedFacts, Subtype, assess

EXPOSED = Context(minutes_since_injection=30)
LATER = Context(minutes_since_injection=20160)


def screening(*raw, **facts):
    return Screening(tuple(read_finding(entry) for entry in raw), StatedFacts(**facts))


def test_nothing_said_sets_no_level():
    result = assess(Screening())
    assert (result.level, result.subtype, result.rules, result.question) == (None, None, (), None)


def test_findings_of_two_people_are_not_combined():
    two = screening({"key": "GI-01"}, {"key": "SK-04", "experiencer": "other"})
    assert assess(two, EXPOSED).level is Level.URGENT_SAME_DAY


def test_another_person_is_judged_without_the_record_of_the_patient():
    other = screening({"key": "SK-01", "experiencer": "other"})
    result = assess(other, LATER)
    assert result.level is Level.EMERGENCY_NOW
    assert "O-01" in result.rules


@pytest.mark.parametrize("key", ["BR-01", "AW-02", "CI-06", "SK-10", "SK-03", "NE-06"])
def test_a_child_with_an_emergency_sign(key):
    child = screening({"key": key, "experiencer": "other", "attributes": ["child"]})
    result = assess(child)
    assert result.level is Level.EMERGENCY_NOW
    assert "O-04" in result.rules


def test_a_child_without_one_goes_to_a_human():
    child = screening({"key": "GI-03", "experiencer": "other", "attributes": ["child"]})
    result = assess(child)
    assert result.level is Level.ROUTINE
    assert "hand_over" in result.flags


def test_statements_about_people_in_general_carry_no_finding():
    assert assess(screening({"key": "CI-01", "attributes": ["group"]})).level is None


def test_a_key_without_a_row_is_an_unmapped_symptom_and_costs_nothing_else():
    result = assess(screening({"key": "XX-99"}, {"key": "AW-01"}), LATER)
    assert result.level is Level.EMERGENCY_NOW
    assert "G-14" in result.rules


def test_the_wording_follows_the_injection():
    wheeze = screening({"key": "BR-02"})
    assert assess(wheeze, EXPOSED).subtype is Subtype.ALLERGIC
    assert assess(wheeze, LATER).subtype is Subtype.CARDIORESP


def test_a_crisis_is_never_dropped():
    both = screening({"key": "SK-01"}, {"key": "MH-01"})
    result = assess(both, EXPOSED)
    assert result.subtype is Subtype.ALLERGIC
    assert "mental_health_crisis" in result.flags


@pytest.mark.parametrize(
    ("opinion", "level", "question"),
    [
        (0.0, None, None),
        (0.44, None, None),
        (0.45, Level.URGENT_SAME_DAY, "U-01"),
        (0.49, Level.URGENT_SAME_DAY, "U-01"),
        (0.50, Level.EMERGENCY_NOW, None),
        (1.0, Level.EMERGENCY_NOW, None),
    ],
)
def test_the_second_opinion_raises_at_its_two_thresholds(opinion, level, question):
    result = assess(Screening(), opinion=opinion)
    assert (result.level, result.question) == (level, question)
    assert ("second_opinion" in result.flags) == (level is not None)
    assert result.action_line == (question is not None)


@pytest.mark.parametrize(
    ("opinion", "level"), [(0.89, Level.URGENT_SAME_DAY), (0.90, Level.EMERGENCY_NOW)]
)
def test_the_second_opinion_needs_more_to_overrule_a_same_day_row(opinion, level):
    calf = screening({"key": "CA-03", "attributes": ["one_side"]})
    assert assess(calf, LATER).level is Level.URGENT_SAME_DAY
    assert assess(calf, LATER, opinion=opinion).level is level


@pytest.mark.parametrize(
    ("opinion", "level"), [(0.96, Level.URGENT_SAME_DAY), (0.97, Level.EMERGENCY_NOW)]
)
def test_the_second_opinion_needs_most_over_what_is_gone(opinion, level):
    hives = screening({"key": "SK-01", "assertion": "resolved"})
    assert assess(hives, LATER).level is Level.URGENT_SAME_DAY
    assert assess(hives, LATER, opinion=opinion).level is level


@pytest.mark.parametrize(
    "calm",
    [
        screening({"key": "G-17"}),
        screening({"key": "SK-01", "assertion": "historical", "attributes": ["other_trigger"]}),
    ],
)
def test_the_second_opinion_is_silent_where_nobody_has_the_symptom(calm):
    assert assess(calm, opinion=1.0).level is None


@pytest.mark.parametrize(
    "doubtful",
    [
        screening(general_question=True),
        screening({"key": "AW-01", "assertion": "hypothetical"}, general_question=True),
        screening(figurative=True),
    ],
)
def test_over_a_question_or_a_figure_of_speech_only_a_certain_opinion_is_heard(doubtful):
    assert assess(doubtful, opinion=0.89).level is None
    assert assess(doubtful, opinion=0.90).level is Level.EMERGENCY_NOW


def test_the_second_opinion_is_heard_when_a_question_also_reports():
    asks = screening({"key": "SK-04"}, general_question=True)
    assert assess(asks, LATER, opinion=1.0).level is Level.EMERGENCY_NOW


def test_the_second_opinion_asks_but_does_not_act_over_fear_alone():
    fear = screening({"key": "Q-04"})
    result = assess(fear, opinion=1.0)
    assert (result.level, result.question) == (Level.URGENT_SAME_DAY, "U-01")
    panic = screening({"key": "MH-05", "attributes": ["cannot_cope"]}, {"key": "RM-10"})
    assert assess(panic, opinion=1.0).level is Level.URGENT_SAME_DAY
    more = screening({"key": "MH-05"}, {"key": "IS-01"})
    assert assess(more, opinion=1.0).level is Level.EMERGENCY_NOW


def test_the_second_opinion_is_heard_over_denials():
    assert (
        assess(screening({"key": "AW-01", "assertion": "negated"}), opinion=1.0).level
        is Level.EMERGENCY_NOW
    )


@pytest.mark.parametrize("opinion", [-0.1, 1.1, float("nan")])
def test_an_opinion_that_is_no_probability_is_an_error(opinion):
    with pytest.raises(ValueError, match="probability"):
        assess(Screening(), opinion=opinion)


def test_an_asked_question_is_not_asked_again_and_three_are_enough():
    headache = screening({"key": "NE-01"})
    assert assess(headache).question == "8.1-H1"
    assert assess(headache, Context(questions_asked=("8.1-H1",))).question is None
    full = Context(questions_asked=("U-01", "U-01.2", "U-01.3"))
    assert assess(headache, full).question is None
    assert assess(screening({"key": "MH-05"}), full).question == "8.9"


def test_the_summary_lists_present_denied_and_unknown():
    result = assess(
        screening(
            {"key": "SK-01"},
            {"key": "BR-01", "assertion": "negated"},
            {"key": "OB-09", "values": {"systolic": 150, "diastolic": 95}},
        )
    )
    assert result.summary == (
        "Reports hives away from the injection site, high blood pressure (systolic 150 mmHg, "
        "diastolic 95 mmHg); denies short of breath; "
        "not known: time of the injection, weeks of pregnancy."
    )


def test_an_old_reaction_is_asked_whether_it_happened_again():
    old = {"key": "SK-01", "assertion": "resolved", "when": [5000, 5000]}
    assert assess(screening(old)).question == "P-01"
    recent = {"key": "SK-01", "assertion": "resolved", "when": [2000, 2000]}
    assert assess(screening(recent)).question != "P-01"


def test_a_second_opinion_that_could_change_nothing_is_not_asked():
    def never():
        raise AssertionError("asked")

    assert assess(screening({"key": "AW-01"}), opinion=never).level is Level.EMERGENCY_NOW
    assert assess(Screening(), opinion=lambda: 0.99).level is Level.EMERGENCY_NOW
    with pytest.raises(ValueError, match="opinion is 2"):
        assess(Screening(), opinion=lambda: 2.0)
