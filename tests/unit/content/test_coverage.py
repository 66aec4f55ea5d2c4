"""Every finding, question, message and intent that exists elsewhere has its text here."""

import re

import pytest
import yaml

from bot.content import load_content
from bot.nlu.phrases import steering
from bot.nlu.single_questions import is_single
from bot.settings import PROJECT, load_settings

CONTENT = load_content("en", load_settings(environment={}))
CLINICAL = PROJECT / "docs" / "clinical"
TABLES = PROJECT / "bot" / "triage" / "tables"


def finding_keys():
    text = (CLINICAL / "triage.md").read_text(encoding="utf-8")
    section = text[text.index("## 6. Finding table") : text.index("## 7. Modifiers")]
    return re.findall(r"^\| ([A-Z]{2}-\d\d) \|", section, re.MULTILINE)


def questions():
    return yaml.safe_load((TABLES / "questions.yml").read_text(encoding="utf-8"))


def intents():
    names = set()
    for path in (PROJECT / "data" / "nlu").glob("*.yml"):
        names |= {b["intent"] for b in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]}
    return names


def _plain(text):
    return re.sub(r"[^\w\s]", "", text).strip().lower()


def test_every_finding_of_the_policy_has_a_text():
    keys = finding_keys()
    assert len(keys) > 100
    assert set(keys) == set(CONTENT.symptoms)


@pytest.mark.parametrize("question", questions(), ids=lambda q: q["id"])
def test_every_question_of_the_table_has_its_text_and_buttons(question):
    message = CONTENT.question(question["id"])
    assert message.buttons
    if question["kind"] in ("yes_no", "choice", "number"):
        assert [button.payload for button in message.buttons] == question["buttons"]


@pytest.mark.parametrize("number", [f"M-{n:02d}" for n in range(1, 49) if n not in (15, 16, 17)])
def test_every_numbered_message_exists(number):
    ids = {m.id for variations in CONTENT.messages.values() for m in variations}
    assert number in ids


@pytest.mark.parametrize(
    ("number", "key"), [("M-15", "IS-01"), ("M-16", "NE-01"), ("M-17", "GI-01")]
)
def test_self_care_messages_are_the_texts_of_their_findings(number, key):
    symptom = CONTENT.symptom(key)
    assert symptom.expected and symptom.home_care and symptom.stops


@pytest.mark.parametrize("intent", sorted(name for name in intents() if name.startswith("faq_")))
def test_every_question_intent_has_an_answer(intent):
    assert CONTENT.responses[f"utter_{intent}"][0]["text"]
    assert CONTENT.responses[f"utter_{intent}"][0]["metadata"]["facts"]


def test_responses_used_by_the_rules_exist():
    used = set()
    for path in (PROJECT / "data" / "rules").glob("*.yml"):
        used |= set(re.findall(r"\butter_\w+", path.read_text(encoding="utf-8")))
    assert len(used) > 20
    assert used <= set(CONTENT.responses)


def test_a_variation_carries_a_slot_condition_and_the_general_one_none():
    conditions = [r.get("condition") for r in CONTENT.responses["utter_emergency"]]
    assert conditions.count(None) == 1
    assert [{"type": "slot", "name": "emergency_kind", "value": "seizure"}] in conditions


def test_a_button_for_a_topic_is_a_training_example():
    examples = set()
    for path in (PROJECT / "data" / "nlu").glob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            examples |= {_plain(line[2:]) for line in block["examples"].splitlines()}
    menus = [k for k in CONTENT.messages if k.startswith("faq_")]
    menus += ["greet", "anything_else", "not_understood", "out_of_scope", "rude", "needle_fear"]
    payloads = {b.payload for key in menus for b in CONTENT.message(key).buttons}
    payloads |= {topic.question for topic in CONTENT.topics if not is_single(topic.key)}
    unknown = [p for p in payloads if _plain(p) not in examples and not steering(p)]
    assert unknown == []


def test_every_question_of_the_page_can_be_offered_and_has_more_to_tell():
    topics = {topic.key for topic in CONTENT.topics}
    assert topics == {key for key in CONTENT.messages if key.startswith("faq_")}
    assert all(topic.title and topic.more for topic in CONTENT.topics)
    more = {r["condition"][0]["value"] for r in CONTENT.responses["utter_tell_more"]}
    assert topics <= more
