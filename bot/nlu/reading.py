"""Reads a message once, and a second time where the first reading is unsure and may wait.

Nothing that the screen finds anything in waits for the second reading: there the level decides,
not the topic.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from bot.nlu.intent_model import IntentModel
from bot.nlu.second_reader import SecondReader
from bot.screening import screen
from bot.screening.second_opinion import opinion
from bot.triage.reader import load_table

#: Below this probability of the first intent a message is read again.
UNSURE = 0.7


def read_twice(
    text: str, model: IntentModel, reader: Optional[SecondReader]
) -> List[Tuple[str, float]]:
    """Return the intents of ``text`` with their probabilities, the most probable first."""
    ranking = model.rank(text)
    if reader is None or not is_unsure(ranking):
        return ranking
    return reread(text, ranking, reader)


def reread(
    text: str, ranking: List[Tuple[str, float]], reader: SecondReader
) -> List[Tuple[str, float]]:
    """Return ``ranking`` after the second reading, or as it is when the message may not wait."""
    return reader.reread(text, ranking) if may_wait(text) else ranking


def is_unsure(ranking: List[Tuple[str, float]]) -> bool:
    """Return whether a message read like this is worth a second reading."""
    return ranking[0][1] < UNSURE


def may_wait(text: str) -> bool:
    """Return whether neither the rules nor the second opinion see anything in ``text``."""
    if screen(text).findings:
        return False
    return bool(opinion(text) < load_table().policy["second_opinion"]["ask"])
