"""Proofs that a request comes from whom it says: keyed hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Optional

#: Seconds a signed request may be old, or ahead of our clock.
WINDOW = 300


def sign(secret: str, *parts: bytes) -> str:
    """Return the HMAC-SHA256 of the parts in hexadecimal digits."""
    return hmac.new(secret.encode(), b"".join(parts), hashlib.sha256).hexdigest()


def same(given: Optional[str], expected: str) -> bool:
    """Return whether two texts are equal, in a time that does not depend on where they differ.

    An empty secret is no secret: it equals nothing.
    """
    if not given or not expected:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def is_fresh(timestamp: Optional[str], now: Optional[float] = None) -> bool:
    """Return whether a time in seconds since 1970 is within WINDOW of ``now``."""
    if not timestamp or not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    return abs((time.time() if now is None else now) - int(timestamp)) <= WINDOW
