"""What a provider's answer means for a message: sent, later, or never."""

from __future__ import annotations

import httpx


class TryLater(Exception):
    """The provider did not take a message now. ``seconds``: how long it asks us to wait."""

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


class CannotSend(Exception):
    """The provider will never take a message; the reason is in our words or the provider's code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def wait_of(answer: httpx.Response) -> float:
    """Return the seconds a provider asks us to wait, at most an hour."""
    given = answer.headers.get("retry-after", "")
    return min(float(given), 3600.0) if given.isdigit() else 0.0


def check_status(answer: httpx.Response) -> None:
    """Raise what an HTTP status means where the provider says no more about it."""
    status = answer.status_code
    if status == 429 or status >= 500:
        raise TryLater(f"HTTP {status}", wait_of(answer))
    if status in (401, 403):
        # Wrong credentials are put right by the clinic, and then everything goes out.
        raise TryLater(f"HTTP {status}: check the credentials of this channel")
    if not 200 <= status < 300:
        raise CannotSend(f"HTTP {status}")
