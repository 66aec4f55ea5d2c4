"""The intent model on the project's own examples: what it must never lose. No Rasa."""

import json
import pickle

import pytest

from bot.nlu.intent_model import IntentModel, class_weights
from bot.settings import PROJECT
from bot.yaml_files import read_yaml

TOPICS = {"faq_oral_instead", "faq_dosing_schedule", "faq_diet", "greet", "out_of_scope"}


def _examples():
    for path in sorted((PROJECT / "data" / "nlu").glob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            if block.get("intent") in TOPICS:
                for line in block["examples"].splitlines():
                    yield line.removeprefix("- "), block["intent"]


@pytest.fixture(scope="module")
def model():
    return IntentModel().fit(*zip(*_examples(), strict=True))


def test_most_development_questions_of_five_topics_are_told_apart(model):
    path = PROJECT / "data" / "evaluation" / "intents_development.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["intent"] in TOPICS]
    right = sum(model.rank(row["text"])[0][0] == row["intent"] for row in rows)
    assert right / len(rows) > 0.9


@pytest.mark.parametrize(
    ("ours", "other"),
    [
        ("what to eat so that my b12 goes up", "what to eat so that my iron goes up"),
        ("can i have b12 tablets and no injection", "can i have codeine tablets"),
    ],
)
def test_another_medicine_in_the_same_sentence_is_out_of_scope(model, ours, other):
    assert model.rank(ours)[0][0].startswith("faq_")
    assert model.rank(other)[0][0] == "out_of_scope"


def test_the_ranking_is_complete_and_sums_to_one(model):
    ranking = model.rank("How often?")
    assert {name for name, _ in ranking} == TOPICS
    assert sum(probability for _, probability in ranking) == pytest.approx(1)
    assert ranking == sorted(ranking, key=lambda entry: -entry[1])


@pytest.mark.parametrize("text", ["", "?!", "𝔟12 💉", "x" * 100_000])
def test_any_text_is_ranked(model, text):
    assert len(model.rank(text)) == len(TOPICS)


def test_a_stored_model_answers_the_same(model):
    text = "tablets or the needle"
    assert pickle.loads(pickle.dumps(model)).rank(text) == model.rank(text)


def test_rare_intents_and_what_is_out_of_scope_weigh_more():
    weights = class_weights(["often"] * 400 + ["seldom"] * 100 + ["out_of_scope"] * 400)
    assert weights["seldom"] == pytest.approx(2 * weights["often"])
    assert weights["out_of_scope"] > weights["often"]
