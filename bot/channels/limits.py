"""How fast one session or one address may send."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Callable, Tuple


class RateLimiter:
    """Token buckets by key: ``burst`` at once, then ``per_second`` more, for each key.

    Remembers at most ``remembered`` keys; the one unused for longest is forgotten first.
    """

    def __init__(
        self,
        burst: float,
        per_second: float,
        remembered: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst, self._per_second = burst, per_second
        self._remembered, self._clock = remembered, clock
        self._buckets: OrderedDict[str, Tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Take one from the bucket of ``key``: 0.0 when allowed, else the seconds to wait."""
        now = self._clock()
        left, then = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
