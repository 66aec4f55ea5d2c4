"""What monitors ask care: is it live, is it ready, and its figures."""

from __future__ import annotations

import logging
import os
from typing import Any, Dict, List, Sequence

from fastapi import APIRouter, Request, Response
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.care import database, figures
from bot.care.clock import now
from bot.care.watchdog import Watchdog
from bot.care.worker import Worker
from bot.observability import correlation, metrics
from bot.settings import Settings

logger = logging.getLogger(__name__)


class Correlation:
    """Gives each request an id: its own ``X-Correlation-Id`` or a new one, also in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with correlation.bound(Headers(scope=scope).get(correlation.HEADER)) as chosen:

            async def send_with_id(message: Message) -> Any:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message)[correlation.HEADER] = chosen
                await send(message)

            await self._app(scope, receive, send_with_id)


def monitor_router(
    settings: Settings, executor: ActionExecutor, workers: Sequence[Worker], watchdog: Watchdog
) -> APIRouter:
    """Return the routes ``/health/live``, ``/health/ready`` and ``/metrics``."""
    router = APIRouter(include_in_schema=False)
    registry = figures.registry_for(settings, workers, watchdog)

    @router.get("/health/live")
    async def live() -> dict:
        """Answer as long as the process does."""
        return {"status": "live"}

    @router.get("/health/ready")
    def ready(response: Response) -> dict:
        """Answer 200 only when an alert could be written now.

        ``warnings`` do not take the service away: without it no alert would be written at all.
        """
        problems = _problems(settings, executor, workers)
        warnings = _warnings(settings)
        response.status_code = 503 if problems else 200
        return {
            "status": "not ready" if problems else "ready",
            "parts": {
                **{name: name not in problems for name in ("care database", "actions")},
                **{worker.name: worker.name not in problems for worker in workers},
                "ladder reaches somebody": not warnings,
            },
            "problems": list(problems.values()),
            "warnings": warnings,
        }

    @router.get("/metrics")
    def show(request: Request) -> Response:
        """Give the figures to Prometheus, for a token or on this machine."""
        peer = request.client.host if request.client else None
        is_local = metrics.is_loopback(peer) and metrics.is_loopback(request.url.hostname)
        if not metrics.may_scrape(request.headers, is_local, os.environ):
            return Response("Not allowed.\n", status_code=403, media_type="text/plain")
        return Response(metrics.exposition([registry]), media_type=metrics.CONTENT_TYPE)

    return router


def _problems(
    settings: Settings, executor: ActionExecutor, workers: Sequence[Worker]
) -> Dict[str, str]:
    """Return what is wrong by the name of the part; nothing when an alert could be written now."""
    problems = {}
    try:
        if not database.is_current(settings):
            problems["care database"] = "the care database is not migrated"
    except SQLAlchemyError as error:
        logger.error("care database does not answer: %s", type(error).__name__)
        problems["care database"] = "the care database does not answer"
    for worker in workers:
        if not worker.is_alive:
            problems[worker.name] = f"the {worker.name} has stopped"
    if not executor.actions:
        problems["actions"] = "no action is registered"
    return problems


def _warnings(settings: Settings) -> List[str]:
    return [
        f"an alert of level {level.name} would reach nobody but the desk"
        for level, people in figures.people_reached(settings, now()).items()
        if not people
    ]
