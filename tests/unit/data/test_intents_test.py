"""The held-out questions: every intent, enough of them, and nothing of the training data."""

import json
from collections import Counter

from rapidfuzz import fuzz, process
from test_nlu import COUNTS, EXAMPLES, PROJECT, normal

ROWS = [
    json.loads(line)
    for line in (PROJECT / "data" / "evaluation" / "intents_test.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
#: Above this similarity (0 to 100) two short messages are the same question.
ALIKE = 85


def test_every_intent_is_measured():
    counts = Counter(row["intent"] for row in ROWS)
    assert set(counts) == set(COUNTS)
    assert counts["out_of_scope"] >= 80
    assert sum(counts.values()) - counts["out_of_scope"] >= 150
    assert min(count for name, count in counts.items() if name.startswith("faq_")) >= 5


def test_ids_are_unique():
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_no_question_is_near_a_training_example():
    examples = [normal(text) for _, text in EXAMPLES]
    near = {}
    for row in ROWS:
        match = process.extractOne(
            normal(row["text"]), examples, scorer=fuzz.ratio, score_cutoff=ALIKE
        )
        if match:
            near[row["text"]] = match[0]
    assert near == {}
