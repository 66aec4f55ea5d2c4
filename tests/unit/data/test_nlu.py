"""The training examples: enough of them, varied, of one mind, and our own words."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
ENOUGH_FAQ, ENOUGH = 40, 25


def load_examples():
    """All (intent, example) pairs of data/nlu."""
    pairs = []
    for path in sorted((PROJECT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                assert line.startswith("- "), f"{path.name}: {line!r}"
                pairs.append((block["intent"], line[2:].strip()))
    return pairs


EXAMPLES = load_examples()
COUNTS = Counter(intent for intent, _ in EXAMPLES)


def normal(text):
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())


def lexicon_phrases():
    text = (PROJECT / "docs" / "clinical" / "lexicon.md").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:Plain|Idiom|Text): (.*)$", text, re.MULTILINE)
    return {normal(phrase) for line in lines for phrase in line.split(";")}


@pytest.mark.parametrize("intent", sorted(COUNTS))
def test_every_intent_has_enough_examples(intent):
    assert COUNTS[intent] >= (ENOUGH_FAQ if intent.startswith("faq_") else ENOUGH)


@pytest.mark.parametrize("intent", ["report_symptom", "report_red_flag"])
def test_reports_have_many_examples(intent):
    assert COUNTS[intent] >= 80


def test_out_of_scope_has_the_most_examples():
    assert COUNTS["out_of_scope"] >= 150


def test_no_example_is_given_twice():
    seen = Counter(normal(text) for _, text in EXAMPLES)
    assert [text for text, count in seen.items() if count > 1] == []


def test_no_example_is_a_phrase_of_the_lexicon():
    phrases = lexicon_phrases()
    assert len(phrases) > 1000
    assert [text for _, text in EXAMPLES if normal(text) in phrases] == []


def test_no_example_is_a_command_or_marks_an_entity():
    assert [text for _, text in EXAMPLES if text.startswith("/") or "](" in text] == []


@pytest.mark.parametrize("intent", [i for i in sorted(COUNTS) if i.startswith("faq_")])
def test_faq_examples_are_short_and_long(intent):
    lengths = sorted(len(text.split()) for name, text in EXAMPLES if name == intent)
    assert lengths[len(lengths) // 10] <= 5
    assert lengths[-3] >= 10
