"""The ASGI application of care: actions for Rasa, health, and the nurse desk with its API."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import AsyncIterator, List

from fastapi import FastAPI, Response
from sqlalchemy.exc import SQLAlchemyError

from bot.care import database
from bot.care.check_ins import CheckInSender
from bot.care.climber import Climber
from bot.care.dispatcher import Dispatcher
from bot.care.escalation import load_escalation
from bot.care.push import PatientDispatcher
from bot.care.silence import SilenceWatch
from bot.care.sweeper import Sweeper
from bot.care.tokens import action_secret
from bot.care.watchdog import Watchdog
from bot.care.webhook import load_actions, webhook_router
from bot.care.worker import Worker
from bot.desk.api import api_router
from bot.desk.feed import Feed
from bot.desk.headers import SecurityHeaders
from bot.desk.pages import install_desk
from bot.settings import Settings

__all__ = ["action_secret", "create_app"]

logger = logging.getLogger(__name__)


def create_app(settings: Settings, *, actions: str = "actions") -> FastAPI:
    """Return the ASGI application for these settings.

    ``actions`` is the package whose custom actions Rasa may run. The database is migrated when the
    application starts. Raises ImportError when the actions cannot be imported, SettingsError when
    an entry of escalation.yml is wrong.
    """
    load_escalation(settings.escalation)
    feed = Feed(settings)
    workers: List[Worker] = [
        Climber(settings),
        Dispatcher(settings),
        PatientDispatcher(settings),
        CheckInSender(settings),
        SilenceWatch(settings),
        Sweeper(settings),
    ]
    watchdog = Watchdog(settings, workers)
    workers.append(watchdog)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(database.migrate, settings)
        await feed.start()
        for worker in workers:
            worker.start()
        yield
        feed.stop()
        for worker in reversed(workers):
            await asyncio.to_thread(worker.stop)
        database.dispose(settings)

    # The interactive pages of FastAPI load scripts from other sites, so they stay off.
    app = FastAPI(
        title="B12 Symptom Check: care",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    executor = load_actions(actions)
    app.state.feed = feed
    app.state.watchdog = watchdog
    app.add_middleware(SecurityHeaders)
    app.include_router(webhook_router(executor, action_secret(settings)))
    app.include_router(api_router(settings, feed))
    install_desk(app, settings, feed)

    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict:
        """Answer as long as the process does."""
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    def ready(response: Response) -> dict:
        """Answer 200 only when an alert could be written now."""
        problems = []
        try:
            if not database.is_current(settings):
                problems.append("the care database is not migrated")
        except SQLAlchemyError as error:
            logger.error("care database does not answer: %s", type(error).__name__)
            problems.append("the care database does not answer")
        for worker in workers:
            if not worker.is_alive:
                problems.append(f"the {worker.name} has stopped")
        if not executor.actions:
            problems.append("no action is registered")
        response.status_code = 503 if problems else 200
        return {"status": "not ready" if problems else "ready", "problems": problems}

    return app
