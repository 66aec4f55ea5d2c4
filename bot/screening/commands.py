"""Typed commands that name an emergency without a symptom: "/emergency_help" (triage.md G-17)."""

from __future__ import annotations

import re
from typing import List

from bot.triage.vocabulary import Finding

_COMMAND = re.compile(
    r"\s*/[a-z_]*(?:emergency|help|urgent|sos|red_flag|alarm|ambulance)[a-z_]*\s*\Z", re.IGNORECASE
)


def with_command(text: str, findings: List[Finding]) -> List[Finding]:
    """The findings, or a G-17 statement for a command that names an emergency and no symptom."""
    if not _COMMAND.match(text) or any(found.key != "G-12" for found in findings):
        return findings
    start = text.index("/")
    end = len(text.rstrip())
    return [Finding("G-17", start, end, text[start:end])]
