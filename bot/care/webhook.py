"""The address at which Rasa runs the custom actions.

The server that comes with rasa-sdk is not used: it listens on all addresses, allows every origin,
and answers an error with the whole conversation.
"""

from __future__ import annotations

import asyncio
import hmac
import importlib
import ipaddress
import json
import logging
import time
import zlib
from typing import Any, Dict, Optional

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.observability import metrics

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Action-Secret"
#: Bytes of one call. A conversation of several hundred turns stays well below.
MOST_BYTES = 20_000_000


class BadCall(ValueError):
    """The body of a call is no action call; the message says what is wrong with it."""


def load_actions(package: str) -> ActionExecutor:
    """Return an executor with every action of the package. Raises ImportError if it is broken."""
    # The executor would end the whole process on a failed import, without the reason in it.
    importlib.import_module(package)
    executor = ActionExecutor()
    executor.register_package(package)
    return executor


def webhook_router(executor: ActionExecutor, secret: str) -> APIRouter:
    """Return the routes ``/actions/webhook`` and ``/actions`` for the given actions."""
    router = APIRouter(include_in_schema=False)

    @router.post("/actions/webhook")
    async def webhook(request: Request) -> JSONResponse:
        """Run one action and answer in the format of rasa-sdk."""
        if not _may_call(request, secret):
            return JSONResponse({"error": "Not allowed."}, status_code=403)
        try:
            call = _read_call(await _body(request), request.headers.get("content-encoding"))
        except BadCall as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return await _run(executor, call)

    @router.get("/actions")
    async def actions(request: Request) -> JSONResponse:
        """List the registered actions."""
        if not _may_call(request, secret):
            return JSONResponse({"error": "Not allowed."}, status_code=403)
        return JSONResponse([{"name": name} for name in sorted(executor.actions)])

    return router


async def _run(executor: ActionExecutor, call: Dict[str, Any]) -> JSONResponse:
    # Only a name that exists goes into an answer or the log: any other comes from the caller.
    name = call.get("next_action")
    known = name if isinstance(name, str) and name in executor.actions else None
    if known is None:
        return JSONResponse(
            {"error": "No such action.", "action_name": str(name)[:80]}, status_code=404
        )
    began, outcome = time.monotonic(), "failed"
    try:
        # In a thread with a loop of its own: an action that blocks must not hold up the desk.
        result = await asyncio.to_thread(lambda: asyncio.run(executor.run(call)))
        outcome = "done" if result and result.get("events") else "failed"
    except ActionExecutionRejection:
        return JSONResponse({"error": "Rejected.", "action_name": known}, status_code=400)
    except ActionNotFoundException:
        return JSONResponse({"error": "No such action.", "action_name": known}, status_code=404)
    except Exception as error:
        # The text of an exception and its variables may hold what the patient wrote.
        logger.error("action %s failed: %s at %s", known, type(error).__name__, _place(error))
        return JSONResponse({"error": "The action failed.", "action_name": known}, status_code=500)
    finally:
        metrics.ACTION_SECONDS.labels(known, outcome).observe(time.monotonic() - began)
    return JSONResponse(result)


def _may_call(request: Request, secret: str) -> bool:
    headers = request.headers
    given = headers.get(SECRET_HEADER)
    if given is not None:
        return hmac.compare_digest(given.encode(), secret.encode())
    # No page in a browser may reach this through the loopback address, and what a proxy on this
    # machine forwards from elsewhere is not local either.
    if "origin" in headers or "forwarded" in headers or "x-forwarded-for" in headers:
        return False
    if request.method == "POST" and not headers.get("content-type", "").startswith(
        "application/json"
    ):
        return False
    return _is_loopback(request.client.host if request.client else None) and _is_loopback(
        request.url.hostname
    )


def _is_loopback(host: Optional[str]) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadCall("The call is too large.")
    return bytes(body)


def _read_call(body: bytes, encoding: Optional[str]) -> Dict[str, Any]:
    if encoding == "deflate":
        try:
            decompressor = zlib.decompressobj()
            body = decompressor.decompress(body, MOST_BYTES)
        except zlib.error as error:
            raise BadCall("The call is not valid deflate data.") from error
        if decompressor.unconsumed_tail:
            raise BadCall("The call is too large.")
    try:
        call = json.loads(body)
    except ValueError as error:
        raise BadCall("The call is not valid JSON.") from error
    if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
        raise BadCall("The call has no tracker.")
    return call


def _place(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "an unknown place"
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
