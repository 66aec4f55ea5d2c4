"""What a subject of ``python -m bot check`` returns."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: ``ok``, ``warning`` or ``error``, and what to do about it."""

    state: str
    sentence: str
    fix: str = ""
