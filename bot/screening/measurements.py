"""Measured values."""

from __future__ import annotations

from typing import List

from bot.triage.vocabulary import Finding


def measured(text, read, layout, context) -> List[Finding]:
    """Findings from numbers with a unit."""
    return []
