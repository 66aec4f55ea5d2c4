"""Intents on the held-out questions: stock and ours, trained on the same texts, and ours on all.

Only totals leave this module: nobody reads the test set.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from benchmarks.compare.figures import paired_difference
from benchmarks.compare.stock import capped
from bot.evaluation.intents import INTENTS_TEST, read_questions
from bot.evaluation.statistics import proportion
from bot.settings import PROJECT


def measure(model: Path, cap: int) -> Dict[str, Any]:
    """Return how often each is right: both on ``cap`` texts an intent, and ``ours_all`` on all.

    ``difference`` is ours minus stock on the same training texts, with a 95 % interval. The three
    read in processes of their own, so that none keeps the memory of another.
    """
    right = {
        "stock": _in_process("stock", str(model)),
        "ours": _in_process("ours", str(cap)),
        "ours_all": _in_process("ours", "all"),
    }
    found: Dict[str, Any] = {
        name: vars(proportion(sum(each), len(each))) for name, each in right.items()
    }
    found["difference"] = paired_difference(right["ours"], right["stock"])
    found["difference_all"] = paired_difference(right["ours_all"], right["stock"])
    return {**found, "cap": cap}


def _in_process(system: str, argument: str) -> List[bool]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.compare.accuracy"]
    done = subprocess.run(
        [*command, system, argument], capture_output=True, text=True, cwd=PROJECT, timeout=900
    )
    if done.returncode:
        raise RuntimeError(f"Reading the test set with {system} failed: {done.stderr[-800:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _stock(model: str) -> List[bool]:
    from rasa.core.agent import load_agent
    from rasa.utils.log_utils import configure_structlog

    # Rasa's debug log repeats every message, and test messages are not for the screen.
    configure_structlog(logging.WARNING)
    agent = asyncio.run(load_agent(model_path=model))
    right = []
    for question in read_questions(INTENTS_TEST):
        # A leading slash would be read as an intent name instead of text.
        text = " ".join(question.text.split()).lstrip("/") or "?"
        ranking = asyncio.run(agent.parse_message(text))["intent_ranking"]
        names = [entry["name"] for entry in ranking if entry["name"] != "nlu_fallback"]
        right.append(bool(names) and names[0] in question.right)
    return right


def _ours(cap: str) -> List[bool]:
    from bot.evaluation.nlu import learn
    from bot.nlu.second_reader import SecondReader
    from bot.nlu.second_reader_training import examples, fit
    from bot.screening.sentence_vectors import SentenceVectors

    texts, intents = examples()
    library, weights = SentenceVectors(), None
    if cap != "all":
        chosen = capped(texts, intents, int(cap))
        intents = [intent for intent, given in chosen.items() for _ in given]
        texts = [text for given in chosen.values() for text in given]
        # The weights that the product ships know all texts, which would not be fair.
        weights = fit(np.stack([library.vector(text) for text in texts]), intents)
    rank = learn(texts, intents, SecondReader(library, weights))
    return [
        rank(question.text)[0][0] in question.right for question in read_questions(INTENTS_TEST)
    ]


if __name__ == "__main__":
    print(json.dumps({"stock": _stock, "ours": _ours}[sys.argv[1]](sys.argv[2])))
