"""One id that follows a message from the request through Rasa and the action to the notifier."""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Iterator, Optional

HEADER = "X-Correlation-Id"
#: The longest id, in characters.
LONGEST = 64

_SAFE = re.compile(rf"[A-Za-z0-9_-]{{8,{LONGEST}}}")
_current: ContextVar[Optional[str]] = ContextVar("correlation_id", default=None)


def current() -> Optional[str]:
    """Return the id of what is being worked on in this task or thread, or None."""
    return _current.get()


def begin(given: Optional[str] = None) -> str:
    """Set the id of this task or thread and return it.

    ``given`` is taken when it is 8 to 64 letters, digits, ``-`` or ``_``; it comes from outside, so
    anything else is replaced by a new id.
    """
    chosen = given if given and _SAFE.fullmatch(given) else uuid.uuid4().hex
    _current.set(chosen)
    return chosen


@contextmanager
def bound(given: Optional[str]) -> Iterator[str]:
    """Give the id that holds inside the block, as ``begin`` chooses it."""
    before = _current.get()
    try:
        yield begin(given)
    finally:
        _current.set(before)
