"""Intents of texts without a server, for the command line and the evaluation."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Callable, Dict

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

#: How many intents the answer ranks.
RANKED = 5


def load_parser(model: Path) -> Callable[[str], Dict[str, Any]]:
    """Return a function from a text to ``{"intent", "confidence", "ranking"}``.

    ``intent`` is what the rules would answer: the screen's decision where there is one. ``ranking``
    is the trained classifier's opinion alone, best first.
    """
    from bot.nlu import private_log

    private_log.configure()
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))

    def parse(text: str) -> Dict[str, Any]:
        parsed = asyncio.run(agent.parse_message(text))
        ranking = [entry for entry in parsed["intent_ranking"] if entry["name"] != "nlu_fallback"]
        return {
            "intent": parsed["intent"]["name"],
            "confidence": round(float(parsed["intent"]["confidence"]), 4),
            "ranking": [
                {"intent": entry["name"], "confidence": round(float(entry["confidence"]), 4)}
                for entry in ranking[:RANKED]
            ],
        }

    return parse
