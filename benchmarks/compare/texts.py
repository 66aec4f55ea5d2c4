"""What the patients of the comparison write, the same for both systems: talks of ten turns."""

from __future__ import annotations

import random
from typing import Dict, List

from bot.evaluation.cases import DATA, read_lines
from bot.evaluation.intents import INTENTS_DEVELOPMENT, read_questions

TURNS = 10
EMERGENCY = "my throat is closing up and i cannot breathe since the shot"
QUESTION = "does the injection hurt the baby?"
#: Of the ten, the rest are questions of the page.
_SYMPTOMS = 2
_LONGEST = 200


def conversations(count: int, seed: int, turns: int = TURNS) -> List[List[str]]:
    """Return ``count`` conversations: a greeting, questions, two mild symptoms among them, thanks.

    The lines are those of the development sets, of up to 200 characters, so that neither system
    was trained on them.
    """
    chosen, given = random.Random(seed), _lines()
    found = []
    for _ in range(count):
        asked = turns - _SYMPTOMS - 2
        middle = chosen.choices(given["question"], k=asked)
        middle += chosen.choices(given["symptom"], k=_SYMPTOMS)
        chosen.shuffle(middle)
        found.append(["hello", *middle, "thank you"])
    return found


def _lines() -> Dict[str, List[str]]:
    questions = [
        each.text
        for each in read_questions(INTENTS_DEVELOPMENT)
        if min(each.right).startswith("faq_")
    ]
    symptoms = [
        row["text"]
        for _, row in read_lines(DATA / "red_flags_development.jsonl")
        if row["level"] in ("SELF_CARE", "ROUTINE") and row["category"] == "finding"
    ]
    return {
        kind: [" ".join(text.split()) for text in texts if len(text) <= _LONGEST]
        for kind, texts in (("question", questions), ("symptom", symptoms))
    }
