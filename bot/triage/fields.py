"""The single fields of the decision table: each is read, or refused with its place in the file.

``at`` is the place for the error: file, row and part.
"""

from __future__ import annotations

from typing import Any, Container, Iterable, Optional, Sequence, Tuple

from bot.triage.table import TableError
from bot.triage.vocabulary import Level, Subtype


def check_fields(at: str, raw: Any, allowed: Iterable[str], needed: Sequence[str]) -> None:
    """Raise TableError when a needed field is missing or an unknown one is there."""
    if not isinstance(raw, dict):
        raise TableError(f"{at}: must be a mapping, not {raw!r}.")
    for name in needed:
        if name not in raw:
            raise TableError(f"{at}, {name}: missing.")
    names = set(allowed)
    for name in raw:
        if name not in names:
            raise TableError(f"{at}, {name}: unknown field. Use one of {', '.join(sorted(names))}.")


def known_ids(at: str, names: Optional[Sequence[str]], known: Container[str]) -> Tuple[str, ...]:
    """Return the names. Raises TableError for one that nothing else in the table has."""
    for name in names or ():
        if name not in known:
            raise TableError(f"{at}: unknown id {name!r}.")
    return tuple(names or ())


def level_named(at: str, name: Any) -> Optional[Level]:
    """Return the level, None for "NONE". Raises TableError for any other word."""
    if name == "NONE":
        return None
    try:
        return Level[name]
    except KeyError:
        known = ", ".join(level.name for level in Level)
        raise TableError(f"{at}, level: {name!r} is no level. Use {known} or NONE.") from None


def set_level_named(at: str, name: Any) -> Level:
    """Return the level where there must be one. Raises TableError otherwise."""
    level = level_named(at, name)
    if level is None:
        raise TableError(f"{at}: NONE is not possible here.")
    return level


def subtype_named(at: str, name: Any) -> Subtype:
    """Return the sub-type. Raises TableError for a word that is none."""
    try:
        return Subtype(name)
    except ValueError:
        known = ", ".join(subtype.value for subtype in Subtype)
        raise TableError(f"{at}, subtype: {name!r} is no sub-type. Use {known}.") from None
