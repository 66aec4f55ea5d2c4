"""The ASGI application of care: actions for Rasa, health, and the nurse desk with its API."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import AsyncIterator, List

from fastapi import FastAPI

from bot.care import database
from bot.care.check_ins import CheckInSender
from bot.care.climber import Climber
from bot.care.dispatcher import Dispatcher
from bot.care.escalation import load_escalation
from bot.care.monitor import Correlation, monitor_router
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
from bot.privacy.purge import Purge
from bot.settings import Settings

__all__ = ["action_secret", "create_app"]


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
    # It works every few hours, which the watchdog would take for standing still.
    workers += [watchdog, Purge(settings)]

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
    app.add_middleware(Correlation)
    app.include_router(monitor_router(settings, executor, workers, watchdog))
    app.include_router(webhook_router(executor, action_secret(settings)))
    app.include_router(api_router(settings, feed))
    install_desk(app, settings, feed)

    return app
