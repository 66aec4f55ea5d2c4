"""Everyday talk for the training of the second opinion: questions, answers, small talk.

Almost every message a patient sends is of this kind and almost no training text is, so that a model
without it takes "going now" for an alarm. The texts are those of ``data/nlu`` whose intent reports
nothing, and the hand-written files ``data/second_opinion/everyday_*.jsonl``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Tuple

from bot.yaml_files import read_yaml

NLU = Path(__file__).resolve().parents[2] / "data" / "nlu"
#: Files of this prefix are everyday talk.
PREFIX = "everyday_"
#: Intents that report something, or may.
REPORTS = ("report_red_flag", "report_symptom")
#: Words of examples, in intents that otherwise report nothing, which are signs of their own.
SIGNS = (
    "i cant talk",
    "i can't speak to call",
    "i wont call 911",
    "my voice has gone so i cant phone",
)


def nlu_texts() -> Iterator[Tuple[str, str]]:
    """Text and theme (its intent) of each example in ``data/nlu`` that reports nothing."""
    for path in sorted(NLU.glob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            intent = block.get("intent")
            if intent is None or intent in REPORTS:
                continue
            for line in block["examples"].splitlines():
                text = line.strip().removeprefix("-").strip()
                if text and text not in SIGNS:
                    yield text, f"intent {intent}"
