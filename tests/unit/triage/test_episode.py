"""Episodes: sticky level, findings that add up, questions, answers, silence, the nurse."""

from datetime import datetime, timedelta, timezone

import pytest
from triage_reading import read_finding

from bot.triage import Ago, Context, Level, Screening, StatedFacts, Subtype
from bot.triage.answers import reply_to
from bot.triage.episode import advance, lower, silence

START = datetime(2026, 3, 1, 2, 0, tzinfo=timezone.utc)
TWO_HOURS = Context(minutes_since_injection=120)
TWO_WEEKS = Context(minutes_since_injection=20160)
EMERGENCY, URGENT, ROUTINE, SELF_CARE = sorted(Level, reverse=True)


def said(*keys, **facts):
    findings = []
    for key in keys:
        name, *attributes = key.split()
        raw = {"key": name, "attributes": attributes}
        for mark, assertion in (("gone", "resolved"), ("denied", "negated")):
            if mark in attributes:
                attributes.remove(mark)
                raw["assertion"] = assertion
        findings.append(read_finding(raw))
    return Screening(tuple(findings), StatedFacts(**facts))


class Talk:
    """A conversation: every call is one message of the patient."""

    def __init__(self, context=TWO_HOURS):
        self.context, self.now, self.state, self.result = context, START, None, None

    def says(self, *keys, minutes=1.0, opinion=0.0, **facts):
        return self._advance(said(*keys, **facts), minutes, opinion, None)

    def answers(self, text, *keys, minutes=1.0, **facts):
        return self._advance(said(*keys, **facts), minutes, 0.0, reply_to(self.state, text))

    def is_silent(self, minutes):
        self.state, self.result = silence(self.state, minutes)
        return self.result

    def _advance(self, screening, minutes, opinion, reply):
        self.now += timedelta(minutes=minutes)
        self.state, self.result = advance(
            self.state, screening, self.context, opinion, self.now, reply
        )
        return self.result


def test_findings_of_two_messages_complete_a_rule():
    talk = Talk(Context(minutes_since_injection=720))
    assert talk.says("SK-04").level is URGENT
    result = talk.says("GI-01")
    assert result.level is EMERGENCY
    assert result.rules[0] == "C-02"


def test_feeling_better_does_not_lower_the_level():
    talk = Talk()
    talk.says("SK-01")
    result = talk.says("SK-01 gone")
    assert result.level is EMERGENCY
    result = talk.says(figurative=True)
    assert result.level is EMERGENCY
    assert result.subtype is Subtype.ALLERGIC
    assert "G-03" in result.rules


def test_a_later_denial_does_not_cancel_and_a_later_report_counts():
    talk = Talk()
    talk.says("SK-04 denied", "GI-01")
    assert talk.result.level is SELF_CARE
    assert talk.says("SK-04").level is EMERGENCY
    assert talk.says("SK-04 denied").level is EMERGENCY


def test_facts_are_remembered_and_age():
    talk = Talk(Context())
    talk.says("GI-01", since_injection=Ago(1380, 1380), weeks_pregnant=30)
    assert talk.state["weeks_pregnant"] == 30
    assert talk.says("SK-07", minutes=1).level is EMERGENCY
    later = Talk(Context())
    later.says(since_injection=Ago(1380, 1380))
    assert later.says("SK-07", minutes=90).level is ROUTINE


def test_the_newer_injection_counts():
    talk = Talk(TWO_WEEKS)
    assert talk.says("SK-07").level is ROUTINE
    assert talk.says("SK-07 mild", since_injection=Ago(30, 30)).level is URGENT


def test_at_most_three_questions_one_a_turn():
    talk = Talk(Context())
    assert talk.says("NE-01 mild").question == "8.1-H1"
    assert talk.answers("none of these").question == "8.1-H2"
    assert talk.answers("31").question == "8.1-H3"
    result = talk.answers("checked and normal, none of these", "SK-14")
    assert result.question is None
    assert talk.state["weeks_pregnant"] == 31
    assert talk.state["asked"] == ["8.1-H1", "8.1-H2", "8.1-H3"]


def test_weeks_under_20_end_the_headache_questions():
    talk = Talk(Context())
    talk.says("NE-01 mild")
    talk.answers("none of these")
    assert talk.answers("12 weeks").question is None


def test_unknown_weeks_go_on_as_20_or_more():
    talk = Talk(Context())
    talk.says("NE-01 mild")
    talk.answers("none of these")
    assert talk.answers("dunno").question == "8.1-H3"


@pytest.mark.parametrize("answer", ["yes", "maybe", "a bit"])
def test_yes_and_hedged_raise(answer):
    talk = Talk(TWO_WEEKS)
    assert talk.says("SK-04").question == "8.6-T1"
    result = talk.answers(answer)
    assert result.level is EMERGENCY
    assert result.question is None
    assert ("G-09" in result.rules) == (answer != "yes")


def test_a_bare_no_to_several_symptoms_is_asked_once_more_then_a_nurse_takes_over():
    talk = Talk(TWO_WEEKS)
    talk.says("GI-04 mild")
    assert talk.result.question == "8.8-G1"
    result = talk.answers("no")
    assert (result.question, result.action_line) == ("8.8-G1", True)
    result = talk.answers("no")
    assert result.level is URGENT
    assert {"U-02", "N-05"} <= set(result.rules)
    assert "hand_over" in result.flags
    assert result.question is None


def test_a_no_is_clear_when_one_thing_was_asked():
    talk = Talk(TWO_WEEKS)
    talk.says("BR-08")
    talk.state = {**talk.state, "open_question": "8.3-D1"}
    assert talk.answers("no").question == "8.3-D2"


def test_two_unreadable_answers_are_urgent_and_never_an_emergency():
    talk = Talk(TWO_WEEKS)
    assert talk.says("G-14").level is ROUTINE
    talk.answers("asdf")
    result = talk.answers("🤷")
    assert result.level is URGENT
    assert "U-02" in result.rules


def test_a_refusal_is_named():
    talk = Talk(TWO_WEEKS)
    talk.says("G-14")
    talk.answers("stop asking")
    result = talk.answers("stop asking")
    assert result.level is URGENT
    assert {"U-02", "U-03"} <= set(result.rules)


def test_a_symptom_is_an_answer_and_not_counted_as_silence():
    talk = Talk(TWO_WEEKS)
    talk.says("G-14")
    result = talk.answers("my arm is sore", "IS-01")
    assert talk.state["unanswered"] == 0
    assert result.level is ROUTINE


def test_a_symptom_in_an_answer_raises_at_once():
    talk = Talk(TWO_WEEKS)
    talk.says("G-14")
    assert talk.answers("no but my throat is tight", "AW-01").level is EMERGENCY


def test_no_answer_to_the_headache_question_counts_as_a_severe_headache():
    talk = Talk(TWO_WEEKS)
    talk.says("NE-01")
    result = talk.answers("asdf")
    assert result.level is URGENT
    assert "NE-02" in result.rules


def test_a_measured_temperature_answers_the_fever_question():
    for answer, level in (("38.4", URGENT), ("101 f", URGENT), ("37.2", URGENT)):
        talk = Talk(TWO_WEEKS)
        assert talk.says("IN-02").question == "8.7-V1"
        result = talk.answers(answer)
        assert result.level is level
        assert result.question == "8.7-V2"


def test_three_loose_stools_make_a_severe_gut_sign():
    talk = Talk(TWO_HOURS)
    assert talk.says("GI-05").question == "8.8-LOOSE"
    result = talk.answers("4")
    assert result.level is EMERGENCY
    assert "C-06" in result.rules


def test_a_choice_leads_on():
    talk = Talk(TWO_WEEKS)
    talk.says("OB-01")
    talk.answers("none of these")
    assert talk.result.question == "8.2-S2"
    result = talk.answers("one leg")
    assert "CA-03" in result.rules


def test_silence_after_a_red_flag_question():
    talk = Talk(TWO_WEEKS)
    talk.says("G-14")
    assert talk.is_silent(2).level is ROUTINE
    result = talk.is_silent(3)
    assert result.level is URGENT
    assert "U-02" in result.rules


def test_silence_without_a_question_changes_nothing():
    talk = Talk()
    talk.says("IS-01")
    assert talk.is_silent(60).level is SELF_CARE


def test_silence_after_a_plain_fact_question_calls_no_nurse():
    talk = Talk(TWO_WEEKS)
    assert talk.says("GI-02").question == "8.8-WEEKS"
    assert talk.is_silent(10).level is SELF_CARE


def test_silence_in_an_emergency_makes_the_nurse_call_back():
    talk = Talk()
    talk.says("AW-01")
    result = talk.is_silent(1)
    assert result.level is EMERGENCY
    assert "call_back" in result.flags
    assert "U-04" in result.rules


def test_the_mood_question_does_not_count_and_silence_keeps_the_level():
    talk = Talk(TWO_WEEKS)
    assert talk.says("MH-05").question == "8.9"
    assert talk.is_silent(10).level is ROUTINE
    talk = Talk(TWO_WEEKS)
    talk.says("MH-05")
    assert talk.answers("yes").level is EMERGENCY
    assert talk.result.subtype is Subtype.MENTAL_HEALTH_CRISIS


def test_the_third_contact_in_48_hours_is_urgent():
    talk = Talk(TWO_WEEKS)
    assert talk.says("NE-13").level is ROUTINE
    assert talk.says("NE-13", minutes=30).level is ROUTINE
    assert talk.says("NE-13", minutes=61).level is ROUTINE
    assert len(talk.state["contacts"]) == 2
    result = talk.says("NE-13", minutes=600)
    assert result.level is URGENT
    assert "G-18" in result.rules


def test_old_contacts_and_questions_do_not_count():
    talk = Talk(TWO_WEEKS)
    talk.says("NE-13")
    talk.says("NE-13", minutes=61)
    talk.says(minutes=61, general_question=True)
    assert len(talk.state["contacts"]) == 2
    assert talk.says("NE-13", minutes=49 * 60).level is ROUTINE


def test_only_a_nurse_lowers_and_what_she_saw_does_not_raise_again():
    talk = Talk(Context(minutes_since_injection=600))
    assert talk.says("SK-04").level is URGENT
    talk.state = lower(talk.state, SELF_CARE)
    assert talk.says(figurative=True).level is SELF_CARE
    assert talk.says("IS-01").level is SELF_CARE


def test_what_a_nurse_saw_still_completes_a_rule():
    talk = Talk(Context(minutes_since_injection=600))
    talk.says("SK-04")
    talk.state = lower(talk.state, SELF_CARE)
    result = talk.says("GI-01")
    assert result.level is EMERGENCY
    assert "C-02" in result.rules


def test_a_finding_told_again_after_the_nurse_counts_again():
    talk = Talk()
    talk.says("SK-01")
    talk.state = lower(talk.state, ROUTINE)
    assert talk.says("SK-01").level is EMERGENCY


def test_a_resolved_reaction_that_comes_back_is_an_emergency():
    talk = Talk(Context(minutes_since_injection=2880))
    assert talk.says("SK-04 gone", "IS-01").level is URGENT
    assert talk.says("SK-01 returned", minutes=600).level is EMERGENCY
    assert "C-10" in talk.result.rules


def test_the_second_opinion_stays_too():
    talk = Talk(TWO_WEEKS)
    result = talk.says(opinion=0.99)
    assert result.level is EMERGENCY
    assert "second_opinion" in result.flags
    assert talk.says().level is EMERGENCY


def test_the_state_holds_no_words_of_her_answers():
    talk = Talk(TWO_WEEKS)
    talk.says("G-14")
    talk.answers("my secret name")
    assert "secret" not in str(talk.state)
