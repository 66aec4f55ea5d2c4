"""JSON lines in, JSON lines out, in order: never a crash, never a lost line."""

from __future__ import annotations

import json
import logging
from dataclasses import fields
from typing import Any, BinaryIO, Callable, Dict, Iterator, Optional, TextIO, Tuple

from bot.triage.plain import assessment_as_plain
from bot.triage.vocabulary import Context

logger = logging.getLogger(__name__)

#: context keys a line may carry, with the type JSON must give them
CONTEXT_FIELDS = {field.name for field in fields(Context)}
SET_FIELDS = ("risk_modifiers", "known_allergens")


class LineError(ValueError):
    """One line cannot be used; the message says which part and what is wanted."""


def assess_lines(source: BinaryIO, target: TextIO) -> None:
    """Write one assessment per line of ``source`` (design.md, command ``assess``)."""
    from bot.assessment import assess_text

    def assess(text: str, context: Context) -> Dict[str, Any]:
        return assessment_as_plain(assess_text(text, context))

    _answer_lines(source, target, assess)


def parse_lines(source: BinaryIO, target: TextIO) -> None:
    """Write the intent of each line of ``source`` (design.md, command ``parse``)."""
    from bot.nlu.parse import load_parser
    from bot.service.training import ensure_model

    parse = load_parser(ensure_model(to_standard_error=True))
    _answer_lines(source, target, lambda text, context: parse(text))


def _answer_lines(
    source: BinaryIO, target: TextIO, answer: Callable[[str, Context], Dict[str, Any]]
) -> None:
    for number, raw in enumerate(source, start=1):
        if not raw.strip():
            continue
        identifier: Any = None
        try:
            identifier, text, context = read_line(raw)
            row = {"id": identifier, **answer(text, context)}
        except LineError as error:
            row = {
                "id": getattr(error, "identifier", identifier),
                "error": f"line {number}: {error}",
            }
        except Exception as error:
            # The text must not reach the log, so neither may the traceback, which can quote it.
            logger.error("line %d could not be answered: %s", number, type(error).__name__)
            row = {
                "id": identifier,
                "error": f"line {number}: {type(error).__name__} inside; treat as not screened",
            }
        # Plain ASCII, because a text may hold half a surrogate pair, which UTF-8 cannot write.
        target.write(json.dumps(row, ensure_ascii=True) + "\n")
        target.flush()


def read_line(raw: bytes) -> Tuple[Any, str, Context]:
    """Return id, text and context of one JSON line. Raises LineError naming what is wrong."""
    try:
        row = json.loads(raw.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise LineError('not JSON; write {"id": 1, "text": "…"} on one line') from error
    if not isinstance(row, dict):
        raise LineError('not a JSON object; write {"id": 1, "text": "…"} on one line')
    try:
        text = row.get("text")
        if not isinstance(text, str):
            raise LineError('"text" is missing or not a string')
        return row.get("id"), text, _context(row.get("context"))
    except LineError as error:
        error.identifier = row.get("id")  # type: ignore[attr-defined]
        raise


def _context(given: Optional[Dict[str, Any]]) -> Context:
    if given is None:
        return Context()
    if not isinstance(given, dict):
        raise LineError('"context" must be an object such as {"minutes_since_injection": 20}')
    return Context(**dict(_context_values(given)))


def _context_values(given: Dict[str, Any]) -> Iterator[Tuple[str, Any]]:
    defaults = Context()
    for name, value in given.items():
        if name not in CONTEXT_FIELDS:
            known = ", ".join(sorted(CONTEXT_FIELDS))
            raise LineError(f'context has no "{name}"; it may have {known}')
        if value is None:
            continue
        default = getattr(defaults, name)
        if name in SET_FIELDS or isinstance(default, tuple):
            wanted = isinstance(value, list)
        elif isinstance(default, bool) or name in ("injection_recorded", "early_treatment"):
            wanted = isinstance(value, bool)
        else:
            wanted = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        if not wanted:
            raise LineError(f'context "{name}" has a value of the wrong kind: {value!r}')
        if isinstance(value, list):
            value = (frozenset if name in SET_FIELDS else tuple)(map(str, value))
        yield name, value
