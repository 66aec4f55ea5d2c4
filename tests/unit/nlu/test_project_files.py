"""Intents, rules, texts and actions fit together. Reads the files only, no Rasa."""

import re

import pytest
import yaml
from rasa_sdk.utils import all_subclasses

from actions.base import CareAction
from bot.content import load_content
from bot.settings import PROJECT, load_settings

#: Runs in the chat service itself (bot/nlu/processor.py), so no action server can be missing.
SAY_AGAIN = "action_say_again"


def _yaml(path):
    return yaml.safe_load((PROJECT / path).read_text(encoding="utf-8"))


DOMAIN = _yaml("domain.yml")
RULES = [
    rule
    for path in sorted((PROJECT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
ACTIONS = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}


def _examples():
    for path in sorted((PROJECT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in block:
                yield block["intent"]


def test_every_intent_is_answered_by_a_rule():
    answered = {rule["steps"][0].get("intent") for rule in RULES}
    assert set(DOMAIN["intents"]) <= answered


def test_every_intent_with_examples_is_in_the_domain():
    assert set(_examples()) <= set(DOMAIN["intents"])


def test_no_intent_is_one_that_rasa_answers_by_itself():
    assert not {"restart", "back", "session_start"} & set(DOMAIN["intents"])


def test_every_text_a_rule_or_an_action_sends_exists():
    responses = load_content("en", load_settings()).responses
    sent = {action for action in ACTIONS if action.startswith("utter_")} | {"utter_default"}
    for path in (PROJECT / "actions").glob("*.py"):
        sent |= set(re.findall(r'"(utter_\w+)"', path.read_text(encoding="utf-8")))
    assert sent <= set(responses)
    assert {f"utter_{intent}" for intent in DOMAIN["intents"] if intent.startswith("faq_")} <= set(
        responses
    )


def test_every_custom_action_has_one_file_and_is_in_the_domain():
    import bot.care.webhook

    executor = bot.care.webhook.load_actions("actions")
    ours = {cls.action_name for cls in all_subclasses(CareAction) if cls.__module__ != "conftest"}
    assert set(DOMAIN["actions"]) - {SAY_AGAIN} == ours <= set(executor.actions)
    for name in ours:
        assert (PROJECT / "actions" / f"{name}.py").is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["rule"])
def test_every_rule_with_an_action_says_what_happens_when_it_did_not_run(rule):
    """Rasa goes on after a failed action as if it had run: there must be a second branch."""
    steps = rule["steps"]
    asked = max(i for i, step in enumerate(steps) if "intent" in step)
    asks_care = set(DOMAIN["actions"]) - {SAY_AGAIN}
    actions = [i for i in range(asked, len(steps)) if steps[i].get("action") in asks_care]
    said_before = any(step.get("action", "").startswith("utter_") for step in steps[asked:])
    for at in actions:
        twins = [other["steps"] for other in RULES if other["steps"][: at + 1] == steps[: at + 1]]
        outcomes = {
            state["check_state"]: twin[at + 2 :]
            for twin in twins
            for state in twin[at + 1]["slot_was_set"]
        }
        failed = "passed" if steps[at]["action"] == "action_explain_side_effects" else "pending"
        assert failed in outcomes and len(outcomes) == 2
        assert said_before or outcomes[failed][0]["action"] == "utter_check_not_possible"


def test_the_first_thing_sent_in_an_emergency_needs_no_action():
    emergencies = [r["steps"] for r in RULES if r["steps"][0].get("intent") == "report_red_flag"]
    assert len(emergencies) == 4
    for steps in emergencies:
        sent = [step["action"] for step in steps if "action" in step]
        assert sent[0] == "utter_emergency"
        assert sent.index("utter_emergency_next") < sent.index("action_raise_alert")


def test_the_rest_channel_is_closed():
    assert "rest" not in _yaml("credentials.yml")
    assert all(name.startswith("bot.channels.") for name in _yaml("credentials.yml"))


def test_a_rule_is_about_one_turn_and_its_intent_alone():
    # bot/nlu/known_turns.py remembers what comes next by the turn, and by nothing before it.
    for rule in RULES:
        intents = [step for step in rule["steps"] if "intent" in step]
        assert len(intents) == 1, rule["rule"]
        assert intents[0] is rule["steps"][0] and set(intents[0]) == {"intent"}, rule["rule"]
        assert not {"active_loop", "or"} & {key for step in rule["steps"] for key in step}
        assert set(rule) == {"rule", "steps"}, rule["rule"]
