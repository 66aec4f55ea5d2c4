"""Reads evaluation files: our own messages with levels, and foreign texts with coarse labels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from bot.settings import PROJECT
from bot.triage.vocabulary import Context, Level

DATA = PROJECT / "data" / "evaluation"
TEST = DATA / "red_flags_test.jsonl"
DEVELOPMENT = DATA / "red_flags_development.jsonl"


class CasesError(ValueError):
    """An evaluation file cannot be used; the message names the file, the line and the fix."""


@dataclass(frozen=True)
class Case:
    """One message with the level that triage.md gives it."""

    id: str
    text: str
    context: Context
    level: Optional[Level]
    keys: Tuple[str, ...]
    body_system: str
    style: str
    category: str
    note: str

    @property
    def emergency(self) -> bool:
        """Whether the policy wants EMERGENCY_NOW."""
        return self.level is Level.EMERGENCY_NOW


@dataclass(frozen=True)
class LabelledText:
    """One foreign text. ``label`` is as its reader gave it; ``set`` groups texts of one origin."""

    id: str
    text: str
    label: str
    set: str


def read_lines(path: Path) -> List[Tuple[int, Dict[str, Any]]]:
    """Return line numbers and objects of a JSON lines file. Raises CasesError."""
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CasesError(
            f"Cannot read {path}: {error.strerror}. Give the path of a JSON lines file."
        ) from error
    rows = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise CasesError(f"{path}, line {number} is not JSON: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise CasesError(f'{path}, line {number}: need an object with a "text"')
        rows.append((number, row))
    if not rows:
        raise CasesError(f"{path} has no lines. Give a file with at least one message.")
    return rows


def read_cases(path: Path) -> List[Case]:
    """Return the messages of a file in the form of ``data/evaluation``. Raises CasesError."""
    cases = []
    for number, row in read_lines(path):
        try:
            level = row["level"]
            cases.append(
                Case(
                    id=str(row["id"]),
                    text=row["text"],
                    context=_context(row.get("context", {})),
                    level=None if level is None else Level[level],
                    keys=tuple(row.get("keys", ())),
                    body_system=row.get("body_system", "none"),
                    style=row.get("style", "plain"),
                    category=row.get("category", "finding"),
                    note=row.get("note", ""),
                )
            )
        except (KeyError, TypeError) as error:
            raise CasesError(
                f"{path}, line {number}: {error} is missing or wrong; see data/evaluation/README.md"
            ) from error
    return cases


def _context(fields: Dict[str, Any]) -> Context:
    values: Dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value
        for name, value in fields.items()
    }
    return Context(**values)


def read_labelled(path: Path) -> List[LabelledText]:
    """Return the texts of a file with ``label`` instead of ``level``. Raises CasesError."""
    texts = []
    for number, row in read_lines(path):
        if "label" not in row:
            raise CasesError(f'{path}, line {number}: need "label" or "level"')
        texts.append(
            LabelledText(
                str(row.get("id", number)), row["text"], str(row["label"]), str(row.get("set", "-"))
            )
        )
    return texts


def has_levels(path: Path) -> bool:
    """Return whether the file carries our levels rather than foreign labels. Raises CasesError."""
    return "level" in read_lines(path)[0][1]


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file, so that a report names exactly what it measured."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
