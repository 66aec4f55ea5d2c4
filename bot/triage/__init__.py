"""Findings to assessment: the decision table as data, and the pure code that evaluates it.

Nothing here may read text, open a file at decision time, or know of Rasa, a database or the web.
"""

from bot.triage.evaluate import assess
from bot.triage.vocabulary import (
    ATTRIBUTES,
    Ago,
    Assertion,
    Assessment,
    Context,
    Experiencer,
    Finding,
    Level,
    Screening,
    StatedFacts,
    Subtype,
)

__all__ = [
    "ATTRIBUTES",
    "Ago",
    "Assertion",
    "Assessment",
    "Context",
    "Experiencer",
    "Finding",
    "Level",
    "Screening",
    "StatedFacts",
    "Subtype",
    "assess",
]
