"""Other languages."""

from __future__ import annotations


def foreign_findings(text, read, language, any_found):
    """Distress phrases of lexicon.md 9.1."""
    return [], None
