"""What the chat takes from a request, and how it refuses one."""

from __future__ import annotations

import json
import re
from typing import Any, Optional, Tuple

from sanic.request import Request

from bot.channels.incoming import LONGEST

#: 4,000 characters, each written as an escaped surrogate pair, and the JSON around them.
LARGEST_BODY = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Refused(Exception):
    """A request that is not taken: HTTP status, a code for programs and a line for the patient.

    ``retry_after`` is in seconds; 0 says nothing about trying again.
    """

    def __init__(self, status: int, code: str, line: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.line, self.retry_after = status, code, line, retry_after


async def read_json(request: Request) -> Any:
    """Return the JSON of a streamed request. Raises Refused when it is too large or no JSON."""
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise Refused(415, "not_json", "Send JSON with the content type application/json.")
    body = b""
    if number(request.headers.get("content-length")) <= LARGEST_BODY:
        while len(body) <= LARGEST_BODY:
            part = await request.stream.read()  # type: ignore[union-attr]
            if part is None:
                try:
                    return json.loads(body)
                except (ValueError, RecursionError):
                    raise Refused(400, "bad_json", "The request is not valid JSON.") from None
            body += part
    raise Refused(413, "too_large", f"A request may have {LARGEST_BODY:,} bytes.")


def number(text: Optional[str]) -> int:
    """Return a count from a header or query; anything else is 0."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0


def address(request: Request) -> str:
    """Return where a request comes from (behind a proxy: as Sanic's PROXIES_COUNT says)."""
    return request.remote_addr or request.ip or "unknown"


def read_message(data: Any, call_line: str) -> Tuple[str, str]:
    """Return the id and text of a message. Raises Refused, naming what is wrong with it."""
    id, text = (data.get("id"), data.get("text")) if isinstance(data, dict) else (None, None)
    if not isinstance(id, str) or not isinstance(text, str) or not _ID.fullmatch(id):
        raise Refused(400, "bad_request", 'Send {"id": 8 to 64 letters or digits, "text": "…"}.')
    if len(text) > LONGEST:
        line = (
            f"Your message has {len(text):,} characters; the most is {LONGEST:,}. It was not "
            f"sent and is not lost. Please shorten it. {call_line}"
        )
        raise Refused(413, "too_long", line)
    return id, text
