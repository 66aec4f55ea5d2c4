"""The pages of the desk, put together. Server-rendered; a small script keeps them live."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from bot.desk import (
    account_pages,
    alert_pages,
    audit_pages,
    insight_pages,
    openid,
    queue_pages,
    sign_in_pages,
)
from bot.desk.feed import Feed
from bot.desk.site import FOLDER, Site
from bot.settings import Settings


def install_desk(app: FastAPI, settings: Settings, feed: Feed) -> None:
    """Add everything under ``/desk`` to the application."""
    site = Site(settings)
    router = APIRouter(prefix="/desk", include_in_schema=False)
    sign_in_pages.add_routes(router, site)
    openid.add_routes(router, site)
    queue_pages.add_routes(router, site, feed)
    alert_pages.add_routes(router, site)
    insight_pages.add_routes(router, site)
    audit_pages.add_routes(router, site)
    account_pages.add_routes(router, site)
    app.include_router(router)
    site.install_answers(app)
    app.mount("/desk/static", StaticFiles(directory=FOLDER / "static"), name="static")
