"""Answers that hold a part of a page, which open pages ask for again and again."""

from __future__ import annotations

import hashlib

from fastapi import Request
from fastapi.responses import Response


def answer_part(request: Request, answer: Response) -> Response:
    """Return the part with a mark of its content, or 304 when the page shows just that."""
    mark = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers={"ETag": mark})
    answer.headers["ETag"] = mark
    return answer
