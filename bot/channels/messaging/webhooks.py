"""What every webhook checks before it believes a word: size, content type and shape."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from sanic.request import Request

from bot.channels.requests import Refused, number


async def read_body(request: Request, most: int, content_type: str) -> bytes:
    """Return the body of a streamed request.

    Raises Refused for another content type (415) or more than ``most`` bytes (413), of which no
    more than that are read.
    """
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given != content_type:
        raise Refused(415, "wrong_content_type", f"Send {content_type}.")
    body = b""
    if number(request.headers.get("content-length")) <= most:
        while len(body) <= most:
            part = await request.stream.read()  # type: ignore[union-attr]
            if part is None:
                return body
            body += part
    raise Refused(413, "too_large", f"A request may have {most:,} bytes.")


def read_json(body: bytes) -> Dict[str, Any]:
    """Return a JSON object. Raises Refused (400) for anything else, however deep it goes."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json", "The request is not valid JSON.") from None
    if not isinstance(data, dict):
        raise Refused(400, "bad_json", "Send a JSON object.")
    return data


def mapping(value: Any) -> Dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> List[Any]:
    """Return a JSON list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def words(value: Any) -> Optional[str]:
    """Return a text that says something, or None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def identifier(value: Any) -> str:
    """Return an id a provider gave, as text. Raises Refused for what can be none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable():
        return value
    raise Refused(400, "bad_request", "An id is missing or cannot be used.")
