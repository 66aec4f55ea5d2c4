"""The test vectors of triage.md section 12 that need more than one message."""

from datetime import datetime, timedelta, timezone

import pytest
from triage_reading import read_context, read_screening, read_vectors

from bot.triage import Level
from bot.triage.answers import reply_to
from bot.triage.episode import advance, silence

CONVERSATIONS = [vector for vector in read_vectors() if "steps" in vector]


@pytest.mark.parametrize("vector", CONVERSATIONS, ids=lambda vector: f"vector-{vector['id']}")
def test_conversation(vector):
    now = datetime(2026, 3, 1, 2, 0, tzinfo=timezone.utc)
    context = read_context(vector)
    state = result = None
    for step in vector["steps"]:
        level_before = result.level if result else None
        if "silence" in step:
            state, result = silence(state, step["silence"])
        else:
            now += timedelta(minutes=step.get("minutes", 1))
            reply = reply_to(state, step["text"])
            state, result = advance(state, read_screening(step), context, now=now, answer_to=reply)
        if step.get("same_level"):
            assert result.level == level_before
        elif not step.get("any_level"):
            assert result.level == (Level[step["level"]] if step["level"] else None), result.rules
        assert set(step.get("rules", ())) <= set(result.rules)
        assert set(step.get("flags", ())) <= set(result.flags)
        assert result.question == step.get("question", result.question)
    if vector["level"]:
        assert result.level == Level[vector["level"]]
    if "same_level" not in vector["steps"][-1]:
        assert result.question is None
