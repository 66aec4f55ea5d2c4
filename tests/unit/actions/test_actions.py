"""Each action against a real care database: what it says, what it stores, and failing safely."""

import dataclasses
import logging
import shutil
from datetime import datetime, timezone

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from actions import base
from actions.action_check_red_flags import ActionCheckRedFlags
from actions.action_explain_side_effects import ActionExplainSideEffects
from actions.action_hand_over import ActionHandOver
from actions.action_raise_alert import ActionRaiseAlert
from actions.action_recommend_follow_up import ActionRecommendFollowUp
from actions.action_restart_conversation import ActionRestartConversation
from bot.assessment import assess_text
from bot.care import database
from bot.care.episodes import close_episode
from bot.care.models import Alert, Message
from bot.settings import load_settings
from bot.triage.plain import assessment_as_plain

ALL = [
    ActionCheckRedFlags,
    ActionExplainSideEffects,
    ActionHandOver,
    ActionRaiseAlert,
    ActionRecommendFollowUp,
    ActionRestartConversation,
]
TEXT = "my calf is swollen and sore, one side"


@pytest.fixture
def clinic(tmp_path, monkeypatch, empty_database):
    made = dataclasses.replace(
        load_settings(environment={}), folder=tmp_path, care_database=f"sqlite:///{tmp_path}/c.db"
    )
    shutil.copy(empty_database, tmp_path / "c.db")
    monkeypatch.setattr(base, "settings", lambda: made)
    yield made
    database.dispose(made)


def conversation(text, intent="report_symptom", assessment=None, **slots):
    assessment = assessment or assess_text(text)
    entities = [{"entity": "assessment", "value": assessment_as_plain(assessment)}]
    slots.setdefault("triage_level", assessment.level.name if assessment.level else "NONE")
    user = {
        "event": "user",
        "text": text,
        "timestamp": 1_795_000_000.0,
        "input_channel": "web",
        "message_id": "m1",
    }
    latest = {"text": text, "intent": {"name": intent}, "entities": entities}
    return Tracker("patient-1", slots, latest, [user], False, None, {}, "action_listen")


def run(action, tracker):
    dispatcher = CollectingDispatcher()
    events = action().run(dispatcher, tracker, {})
    said = [
        message.get("response") or (message.get("metadata") or {}).get("key")
        for message in dispatcher.messages
    ]
    return said, {event["name"]: event["value"] for event in events}


def alerts(clinic):
    with database.reading(clinic) as session:
        return list(session.execute(select(Alert)).scalars())


def test_an_alert_is_stored_before_she_is_told_of_it(clinic):
    said, slots = run(ActionRaiseAlert, conversation("my throat is closing", "report_red_flag"))
    assert said == ["utter_nurse_told"]
    assert slots == {"nurse_told": "EMERGENCY_NOW", "check_state": "passed"}
    (alert,) = alerts(clinic)
    assert alert.level.name == "EMERGENCY_NOW"
    assert "C-01" in alert.assessment.rules
    with database.reading(clinic) as session:
        assert session.execute(select(Message.text)).scalar_one() == "my throat is closing"


def test_she_is_told_once_per_level(clinic):
    tracker = conversation("ok", "in_emergency", nurse_told="EMERGENCY_NOW")
    assert run(ActionRaiseAlert, tracker)[0] == []
    tracker = conversation("ok", "in_emergency", nurse_told="ROUTINE")
    assert run(ActionRaiseAlert, tracker)[0] == ["utter_nurse_told"]


def test_after_a_nurse_has_closed_the_emergency_thanks_is_no_new_one(clinic):
    run(ActionRaiseAlert, conversation("my throat is closing", "report_red_flag"))
    (alert,) = alerts(clinic)
    with database.transaction(clinic) as session:
        close_episode(session, alert.id, nurse="Ada", outcome="true emergency")
    said, slots = run(ActionRaiseAlert, conversation("thanks", "in_emergency"))
    assert said == ["utter_nurse_handed_back"]
    assert slots["emergency_open"] == "no" and slots["triage_level"] is None
    assert len(alerts(clinic)) == 1


def test_a_new_sign_after_a_nurse_has_closed_the_emergency_is_a_new_one(clinic):
    run(ActionRaiseAlert, conversation("my throat is closing", "report_red_flag"))
    with database.transaction(clinic) as session:
        close_episode(session, alerts(clinic)[0].id, nurse="Ada", outcome="true emergency")
    run(ActionRaiseAlert, conversation("it is closing again", "report_red_flag"))
    assert len(alerts(clinic)) == 2


def test_a_check_passes_only_with_an_assessment_of_this_message(clinic):
    tracker = conversation(TEXT)
    tracker.latest_message["entities"] = []
    assert run(ActionCheckRedFlags, tracker) == ([], {})


def test_a_same_day_matter_becomes_a_ticket(clinic):
    said, slots = run(ActionCheckRedFlags, conversation(TEXT, "report_urgent"))
    assert said[0] == "utter_nurse_told"
    assert slots["check_state"] == "passed"
    assert [alert.level.name for alert in alerts(clinic)] == ["URGENT_SAME_DAY"]


def test_an_expected_effect_is_explained_and_calls_nobody(clinic):
    tracker = conversation(
        "my arm is sore, had the shot yesterday", check={"keys": ["IS-01"], "explain": True}
    )
    assert run(ActionCheckRedFlags, tracker) == ([], {"check_state": "passed"})
    said, slots = run(ActionExplainSideEffects, tracker)
    assert slots["check_state"] == "answered"
    assert said == ["IS-01"] or said[0].startswith("question_8_5")
    assert alerts(clinic) == []


def test_a_question_beside_the_symptom_is_answered_before_ours(clinic):
    tracker = conversation("mild headache, 30 weeks", also_asked=["faq_harm_to_baby"])
    said, slots = run(ActionExplainSideEffects, tracker)
    assert said == ["utter_faq_harm_to_baby", "question_8_1_h1"]
    assert slots == {"check_state": "answered"}


def test_no_explanation_softens_a_same_day_matter(clinic):
    said, _ = run(ActionExplainSideEffects, conversation(TEXT))
    assert said[0] == "utter_urgent_same_day"
    assert "CA-03" not in said


@pytest.mark.parametrize(
    ("intent", "minutes_ago", "level"),
    [
        ("ask_human", 30, "ROUTINE"),
        ("not_understood_again", 30, "URGENT_SAME_DAY"),
        ("not_understood_again", 3 * 24 * 60, "ROUTINE"),
        ("screen_failed", None, "URGENT_SAME_DAY"),
    ],
)
def test_what_nobody_understood_is_urgent_soon_after_an_injection(
    clinic, intent, minutes_ago, level
):
    tracker = conversation("flurb", intent)
    if minutes_ago is not None:
        given = tracker.events[0]["timestamp"] - minutes_ago * 60
        injection = datetime.fromtimestamp(given, timezone.utc)
        tracker.slots["injection_time"] = injection.isoformat()
    run(ActionHandOver, tracker)
    assert [alert.level.name for alert in alerts(clinic)] == [level]


def test_starting_over_keeps_the_level_and_says_the_call_line_again(clinic):
    tracker = conversation("start over", "start_over", triage_level="URGENT_SAME_DAY")
    said, slots = run(ActionRestartConversation, tracker)
    assert said == ["utter_urgent_same_day", "utter_restarted"]
    assert not {"triage_level", "episode", "injection_time", "weeks_pregnant"} & set(slots)


def test_the_plan_comes_after_the_call_line(clinic):
    tracker = conversation("my plan", "follow_up_plan", triage_level="URGENT_SAME_DAY")
    assert run(ActionRecommendFollowUp, tracker)[0] == ["utter_urgent_same_day", "utter_plan"]


@pytest.mark.parametrize("action", [ActionRaiseAlert, ActionCheckRedFlags, ActionHandOver])
def test_a_broken_database_says_nothing_and_logs_nothing_she_wrote(
    clinic, action, monkeypatch, caplog
):
    broken = dataclasses.replace(clinic, care_database="sqlite:////proc/no/such/place.db")
    monkeypatch.setattr(base, "settings", lambda: broken)
    with caplog.at_level(logging.DEBUG, logger="actions"):
        assert run(action, conversation(TEXT)) == ([], {})
    assert "failed" in caplog.text
    assert "calf" not in caplog.text
