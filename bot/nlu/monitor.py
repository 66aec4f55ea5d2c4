"""What monitors ask the Rasa service: is it live, is it ready, and its figures."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Any, Dict, List, Optional, Tuple

from prometheus_client import CollectorRegistry
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from bot.channels.figures import registry_for
from bot.nlu.last_resort import inner_store
from bot.observability import correlation, metrics
from bot.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds one part may take to answer, and for which the answer of the engine is believed.
PART_SECONDS = 3.0
ANSWER_LASTS = 10.0
#: A message that every model understands and that no patient sent.
_QUESTION = "hello"


class Readiness:
    """Asks the parts of the service whether they work."""

    def __init__(self) -> None:
        self._answered: Tuple[float, bool] = (0.0, False)

    async def parts(self, agent: Any) -> Dict[str, bool]:
        """Return which parts work: model, answers, conversation database, lock store."""
        loaded = agent is not None and agent.is_ready()
        if not loaded:
            return {"model": False}
        database, locks, answers = await asyncio.gather(
            _works(inner_store(agent.tracker_store).answers()),
            _works(agent.lock_store.answers()),
            self._answers(agent),
        )
        return {
            "model": True,
            "answers": answers,
            "conversation database": database,
            "lock store": locks,
        }

    async def _answers(self, agent: Any) -> bool:
        at, answered = self._answered
        if not answered or time.monotonic() - at > ANSWER_LASTS:
            answered = await _works(_understands(agent))
            self._answered = (time.monotonic(), answered)
        return answered


#: Parts without which this process cannot answer. Without the others it still does, by itself
#: (bot/nlu/conversation_store.py, lock_store.py): taken out of service it would leave her alone.
NEEDED = ("model", "answers")


def install(app: Any, settings: Settings) -> None:
    """Add ``/health/live``, ``/health/ready`` and ``/metrics`` and the ids of requests."""
    app.blueprint(_blueprint(registry_for(settings)))
    app.register_middleware(_begin, "request")
    app.register_middleware(_name, "response")


def _blueprint(channels: CollectorRegistry) -> Blueprint:
    routes = Blueprint("monitor")
    readiness = Readiness()

    @routes.get("/health/live")
    async def live(_: Request) -> HTTPResponse:
        """Answer as long as the process does."""
        return response.json({"status": "live"})

    @routes.get("/health/ready")
    async def ready(request: Request) -> HTTPResponse:
        """Answer 200 when a patient's message would be answered now."""
        parts = await readiness.parts(getattr(request.app.ctx, "agent", None))
        broken = [f"the {name} does not work" for name, works in parts.items() if not works]
        problems = [f"the {name} does not work" for name in NEEDED if not parts.get(name)]
        return response.json(
            {
                "status": "not ready" if problems else "ready",
                "parts": parts,
                "problems": problems,
                "warnings": [each for each in broken if each not in problems],
            },
            status=503 if problems else 200,
        )

    @routes.get("/metrics")
    async def show(request: Request) -> HTTPResponse:
        """Give the figures to Prometheus, for a token or on this machine."""
        host = request.host.rpartition(":")[0] if ":" in request.host else request.host
        is_local = metrics.is_loopback(request.ip) and metrics.is_loopback(host)
        if not metrics.may_scrape(request.headers, is_local, os.environ):
            return response.text("Not allowed.\n", status=403)
        parts = await readiness.parts(getattr(request.app.ctx, "agent", None))
        for name, works in parts.items():
            metrics.PARTS.labels(name).set(works)
        body = await asyncio.to_thread(metrics.exposition, [channels])
        return response.raw(body, content_type=metrics.CONTENT_TYPE)

    return routes


async def _begin(request: Request) -> None:
    request.ctx.correlation_id = correlation.begin(request.headers.get(correlation.HEADER))


async def _name(request: Request, answer: Optional[BaseHTTPResponse]) -> None:
    # A streamed answer has sent its headers already.
    if answer is not None and hasattr(request.ctx, "correlation_id"):
        answer.headers[correlation.HEADER] = request.ctx.correlation_id


async def _understands(agent: Any) -> bool:
    parsed = await agent.parse_message(_QUESTION)
    return bool((parsed.get("intent") or {}).get("name")) and _was_screened(parsed["entities"])


def _was_screened(entities: List[Dict[str, Any]]) -> bool:
    """Return whether the screen came to its end: otherwise it names no assessment."""
    return any(entity.get("entity") == "assessment" for entity in entities)


async def _works(question: Any) -> bool:
    try:
        return bool(await asyncio.wait_for(question, PART_SECONDS))
    except Exception as error:
        logger.error("a part does not work: %s", type(error).__name__)
        return False
