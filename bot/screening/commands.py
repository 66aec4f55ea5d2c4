"""Typed commands that name an emergency without a symptom: "/emergency_help" (triage.md G-17)."""

from __future__ import annotations

import re
from typing import List

from bot.triage.vocabulary import Finding

_COMMAND = re.compile(
    r"\s*/[a-z_]*(?:emergency|help|urgent|sos|red_flag|alarm|ambulance)[a-z_]*\s*\Z", re.IGNORECASE
)


def typed_command(text: str, any_found: bool) -> List[Finding]:
    """A G-17 statement for a command that names an emergency; none beside a symptom."""
    if any_found or not _COMMAND.match(text):
        return []
    start = text.index("/")
    end = len(text.rstrip())
    return [Finding("G-17", start, end, text[start:end])]
