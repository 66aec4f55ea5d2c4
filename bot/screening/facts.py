"""Stated facts."""

from __future__ import annotations

from bot.triage.vocabulary import StatedFacts


def stated_facts(read, layout, cues, times, findings, context, figurative, unsupported):
    """The circumstances."""
    return StatedFacts(figurative=figurative, general_question=context.general_question)
