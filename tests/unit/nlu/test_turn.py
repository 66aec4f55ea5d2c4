"""What a message means for the dialogue, with the real screening and triage."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.nlu.memory import Guess, Memory
from bot.nlu.turn import read_turn, stated, unscreened
from bot.triage.vocabulary import Ago, Level, Screening, StatedFacts

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=timezone.utc)
EMERGENCY = "i got my b12 jab 20 min ago, now im wheezing and my lips are swelling"


class Talk:
    """A conversation: slots are kept from turn to turn as Rasa does."""

    def __init__(self):
        self.slots, self.now = {}, NOW

    def say(self, text, intent="nlu_fallback", **guess):
        self.now += timedelta(minutes=1)
        turn = read_turn(text, Guess(intent, **guess), Memory.from_slots(self.slots), self.now)
        self.slots.update(turn.slots)
        return turn


@pytest.fixture
def talk():
    return Talk()


@pytest.mark.parametrize("intent", ["greet", "faq_harm_to_baby", "goodbye", "out_of_scope"])
def test_an_emergency_wins_over_whatever_the_classifier_thinks(talk, intent):
    turn = talk.say(EMERGENCY, intent)
    assert turn.intent == "report_red_flag"
    assert talk.slots["emergency_open"] == "yes"
    assert talk.slots["emergency_kind"] == "allergic"


def test_an_emergency_is_found_in_the_middle_of_a_question(talk):
    assert talk.say("mild headache, 30 weeks").assessment.question == "8.1-H1"
    assert talk.say("no but my throat is closing up").intent == "report_red_flag"


def test_a_hedged_answer_to_a_red_flag_question_is_a_yes(talk):
    assert talk.say("my palms tingle after the shot").intent == "report_urgent"
    assert talk.say("maybe, a bit").intent == "report_red_flag"


@pytest.mark.parametrize(
    ("intent", "reply"),
    [
        ("deny", "not_called"),
        ("cannot_call", "cannot_call"),
        ("feel_better", "fine"),
        ("thanks", "leaving"),
        ("faq_harm_to_baby", "other"),
        ("start_over", "other"),
    ],
)
def test_nothing_but_the_emergency_is_talked_about_while_it_is_open(talk, intent, reply):
    talk.say(EMERGENCY)
    turn = talk.say("ok", intent)
    assert (turn.intent, talk.slots["emergency_reply"]) == ("in_emergency", reply)
    assert talk.slots["triage_level"] == "EMERGENCY_NOW"


def test_the_call_line_goes_once_she_has_called_and_comes_back_when_the_line_drops(talk):
    talk.say(EMERGENCY)
    talk.say("yes", "have_called")
    talk.say("im better now", "feel_better")
    assert talk.slots["emergency_reply"] == "fine_after_call"
    talk.say("no", "deny")
    talk.say("ok", "thanks")
    assert talk.slots["emergency_reply"] == "leaving"


def test_an_alarming_answer_inside_an_open_emergency_is_answered_as_an_answer(talk):
    talk.say(EMERGENCY)
    assert talk.say("I can't call", "cannot_call").intent == "in_emergency"
    assert talk.slots["emergency_reply"] == "cannot_call"


def test_a_new_emergency_inside_an_open_one_is_said_in_full_again(talk):
    talk.say(EMERGENCY)
    assert talk.say("now i cant breathe at all").intent == "report_red_flag"


def test_yes_to_the_question_of_a_passive_crisis_becomes_a_plan(talk):
    talk.say("I don't want to be here anymore")
    assert talk.slots["emergency_kind"] == "crisis_passive"
    assert talk.say("yes", "affirm").intent == "report_red_flag"
    assert talk.slots["emergency_kind"] == "crisis_intent"


def test_no_in_a_crisis_is_not_read_as_not_called(talk):
    talk.say("I don't want to be here anymore")
    talk.say("no", "deny")
    assert talk.slots["emergency_reply"] == "crisis"
    assert "called" not in talk.slots


def test_the_classifier_alone_leads_to_the_first_question(talk):
    turn = talk.say("about the thing from before", "report_red_flag", red_flag=0.9)
    assert turn.intent == "check_first"
    assert talk.slots["episode"]["open_question"] == "U-01"
    assert talk.say("yes").intent == "report_red_flag"


def test_an_unsure_classifier_still_leads_to_the_first_question(talk):
    assert talk.say("about the thing from before", "report_red_flag", red_flag=0.2).intent == (
        "check_first"
    )
    assert talk.slots["triage_level"] == "NONE"


def test_a_symptom_no_row_knows_goes_to_a_nurse(talk):
    assert talk.say("my elbow hums", "report_symptom").intent == "unmapped_symptom"


def test_a_general_question_is_answered_even_if_the_classifier_hears_a_report(talk):
    assert talk.say("what if my throat closes?", "report_red_flag").intent == "faq_urgent_reactions"


def test_a_question_beside_a_symptom_is_remembered(talk):
    turn = talk.say("queasy since the shot, will it hurt my baby?", "faq_harm_to_baby")
    assert turn.intent == "report_symptom"
    assert talk.slots["also_asked"] == ["faq_harm_to_baby"]


def test_a_plain_question_keeps_its_intent(talk):
    assert talk.say("will it hurt my baby?", "faq_harm_to_baby").intent == "faq_harm_to_baby"
    assert talk.slots["triage_level"] == "NONE"


def test_asking_for_a_human_is_never_answered_as_a_symptom(talk):
    assert talk.say("can I talk to a nurse please").intent == "ask_human"


def test_two_messages_in_a_row_that_nobody_understood_go_to_a_nurse(talk):
    assert talk.say("flurb").intent == "nlu_fallback"
    assert talk.say("hello", "greet").intent == "greet"
    assert talk.say("flurb").intent == "nlu_fallback"
    assert talk.say("blarg").intent == "not_understood_again"


def test_a_typed_emergency_command_asks_the_first_question(talk):
    assert talk.say("emergency help", "out_of_scope", typed_command=True).intent == "check_first"
    assert talk.slots["episode"]["open_question"] == "U-01"


def test_a_photo_without_words_asks_the_first_question(talk):
    assert talk.say("[photo]", "out_of_scope", without_words=True).intent == "no_words"
    assert talk.say("yes").intent == "report_red_flag"


def test_time_and_weeks_she_said_go_on_counting():
    said = StatedFacts(since_injection=Ago(20, 30), weeks_pregnant=27)
    slots = stated(Screening(facts=said), NOW)
    later = Memory.from_slots(slots).context(NOW + timedelta(weeks=1))
    # The later end of "20 to 30 minutes ago" is the safer one.
    assert later.minutes_since_injection == pytest.approx(20 + 7 * 24 * 60)
    assert later.weeks_pregnant == pytest.approx(28)


def test_a_message_that_could_not_be_screened_never_looks_calm(talk):
    assert unscreened(Memory()).intent == "screen_failed"
    open_emergency = Memory(level=Level.EMERGENCY_NOW, emergency_open=True)
    assert unscreened(open_emergency).intent == "in_emergency"


def test_silence_after_a_red_flag_question_calls_a_nurse(talk):
    assert talk.say("mild headache").assessment.question == "8.1-H1"
    talk.now += timedelta(minutes=4)
    assert talk.say("hello", "greet").intent == "report_urgent"
    assert talk.slots["triage_level"] == "URGENT_SAME_DAY"


def test_her_own_question_is_answered_and_ours_put_again_once(talk):
    talk.say("mild headache")
    turn = talk.say("will b12 harm my baby?", "faq_harm_to_baby")
    assert turn.intent == "faq_harm_to_baby"
    assert turn.slots["notices"][-1] == "question_8_1_h1"
    assert talk.slots["episode"]["open_question"] == "8.1-H1"
    assert talk.say("and tablets?", "faq_oral_instead").intent == "report_urgent"


def test_a_fact_is_corrected_and_the_level_stays(talk):
    talk.say("my arm is sore")
    assert talk.slots["check"]["open"] == "injection"
    talk.say("2 hours ago")
    talk.say("no, 2 days ago")
    said = datetime.fromisoformat(talk.slots["injection_time"])
    assert talk.now - said == timedelta(days=2)
    assert talk.slots["episode"]["injection"][1] == said.isoformat()
    assert talk.slots["triage_level"] == "SELF_CARE"


def test_what_she_said_is_not_asked(talk):
    talk.say("my arm is a bit sore since the injection yesterday, 30 weeks")
    assert talk.slots["check"]["open"] == ""


def test_an_answer_that_makes_it_worse_raises_the_level(talk):
    talk.say("my arm is sore, had the injection 3 days ago")
    assert talk.slots["check"]["open"] == "severity"
    talk.say("it is getting worse and the redness is spreading")
    assert talk.slots["triage_level"] == "URGENT_SAME_DAY"


def test_never_more_than_three_questions_in_all(talk):
    talk.say("mild headache, no shot since monday")
    asked = 1
    for answer in ("none of these", "33", "checked and normal, none of these", "ok", "ok"):
        talk.say(answer)
        episode, check = talk.slots["episode"], talk.slots["check"]
        asked = len(episode["asked"]) + len(check.get("asked", ()))
    assert asked <= 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("calf is swollen and sore, one side", ""),
        ("arm is red, hot and the redness is spreading, 3 days after", "nurse"),
        ("my partner hits me", "private"),
        ("I'm allergic to cobalt", "before_injection"),
    ],
)
def test_the_same_day_text_names_who_to_call(talk, text, kind):
    assert talk.say(text).intent == "report_urgent"
    assert talk.slots["urgent_kind"] == kind


def test_a_nurse_in_the_chat_gets_everything_but_a_new_emergency(talk):
    talk.slots["nurse_present"] = "Asha"
    assert talk.say("hello", "greet").intent == "with_nurse"
    assert talk.say("calf is swollen and sore, one side").intent == "with_nurse"
    assert talk.slots["triage_level"] == "URGENT_SAME_DAY"
    assert talk.say(EMERGENCY).intent == "report_red_flag"


def test_the_answer_to_a_check_in_is_read_as_one(talk):
    talk.slots["check_in_open"] = "yes"
    assert talk.say("a bit").intent == "report_red_flag"


def test_consent_is_asked_once_and_never_beside_an_emergency_or_a_question(talk):
    assert talk.say("mild headache").slots["notices"] == ["welcome"]
    talk.slots = {}
    assert talk.say(EMERGENCY).slots["notices"] == []
    talk.slots = {}
    assert talk.say("thanks", "thanks").slots["notices"] == ["welcome", "consent"]
    assert talk.say("no", "deny").intent == "consent_refused"
    assert talk.say("thanks", "thanks").slots["notices"] == []


def test_likely_topics_are_offered_before_a_nurse(talk):
    ranking = ("greet", "faq_diet", "faq_oral_instead")
    assert talk.say("about the thing", ranking=ranking).intent == "unsure"
    assert talk.slots["likely"] == ["faq_diet", "faq_oral_instead"]
    assert talk.say("about the thing", ranking=ranking).intent == "not_understood_again"


def test_a_loss_is_heard_beside_a_question_and_below_a_same_day_level(talk):
    told = talk.say(
        "I lost the baby last week, do I still need the injections", "faq_dosing_schedule"
    )
    assert told.intent == "pregnancy_loss" and told.slots["notices"] == []
    talk.slots = {}
    assert talk.say("I lost the baby", "report_red_flag", red_flag=0.9).intent == "pregnancy_loss"
    talk.slots = {}
    assert talk.say("i had a miscarriage and now i have a fever of 39").intent == "report_urgent"


def test_a_steering_word_is_no_answer_about_the_symptom(talk):
    talk.say("my arm is sore, the injection was 2 hours ago")
    assert talk.slots["check"]["open"]
    stopped = talk.say("STOP")
    assert stopped.intent == "stop_messages" and talk.slots["triage_level"] == "SELF_CARE"
    assert talk.slots["check"] == {} and "TX-07" not in str(stopped.assessment)


def test_what_she_said_of_her_symptom_is_never_asked(talk):
    talk.say("my arm is a bit sore since the injection an hour ago")
    assert talk.slots["check"]["open"] == "weeks"
    assert talk.say("30 weeks").slots["check"]["open"] == ""


def test_how_bad_it_is_counts_while_something_else_is_asked(talk):
    talk.say("my arm is sore")
    assert talk.slots["check"]["open"] == "injection"
    talk.say("it is mild")
    assert "severity" in talk.slots["check"]["said"] and talk.slots["check"]["open"] == "injection"
    talk.say("2 hours ago")
    assert talk.slots["check"]["open"] not in ("severity", "injection")


def test_where_it_is_counts_while_something_else_is_asked(talk):
    talk.say("spots on my face since the injections started, it is mild")
    assert talk.slots["check"]["open"] == "weeks"
    assert talk.say("only on my face").intent == "report_symptom"
    assert talk.slots["triage_level"] == "ROUTINE"


def test_a_check_in_is_not_offered_beside_advice_on_the_treatment(talk):
    assert "check_in_offer" not in talk.say("should I skip my next injection?").slots["notices"]
    talk.slots = {}
    mild = talk.say("my arm is a bit sore since the injection yesterday, 30 weeks")
    assert "check_in_offer" in mild.slots["notices"]


def test_saying_it_again_keeps_the_offer_and_repeats_nothing_else(talk):
    talk.say("thanks", "thanks")
    assert talk.slots["offer"] == "consent"
    again = talk.say("i don't understand", "rude")
    assert again.intent == "say_again" and again.slots["notices"] == []
    assert talk.say("yes", "affirm").intent == "consent_given"


def test_with_nothing_said_yet_there_is_nothing_to_say_again(talk):
    assert talk.say("tell me more", "faq_diet").intent == "nlu_fallback"
    assert talk.say("what else").intent == "not_understood_again"
