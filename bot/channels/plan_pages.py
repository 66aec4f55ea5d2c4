"""Her plan as a page and a calendar file; the token in the address is the key to it."""

from __future__ import annotations

import asyncio
import logging
import re
from html import escape
from typing import Optional

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.care import database
from bot.care.clock import now
from bot.care.plans import plan_of_token
from bot.channels.safe_text import call_line
from bot.plan.calendar import as_calendar
from bot.plan.model import Plan
from bot.plan.page import as_page
from bot.settings import Settings

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")
_GONE = "This link does not open a plan any more. Ask the chat for your plan again."
_LATER = "Your plan cannot be shown right now. Please try again in a few minutes."


def add_plan_pages(chat: Blueprint, settings: Settings) -> None:
    """Add ``/plan/<token>`` and its calendar file to the patient page's blueprint."""
    line = call_line(settings.region)

    @chat.get("/plan/<token:str>")
    async def plan(_: Request, token: str) -> HTTPResponse:
        try:
            found = await asyncio.to_thread(_read, settings, token)
        except SQLAlchemyError as error:
            return _failed(error, line)
        if found is None:
            return _page(_GONE, 404, line)
        page = as_page(
            found,
            clinic=settings.clinic,
            call_line=line,
            calendar=f"{token}/calendar",
            language=settings.language,
        )
        return response.html(page)

    @chat.get("/plan/<token:str>/calendar")
    async def calendar(_: Request, token: str) -> HTTPResponse:
        try:
            found = await asyncio.to_thread(_read, settings, token)
        except SQLAlchemyError as error:
            return _failed(error, line)
        if found is None or not found.dates:
            return _page(_GONE, 404, line)
        return HTTPResponse(
            as_calendar(found, made_at=now()),
            content_type="text/calendar; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="my-plan.ics"'},
        )


def _read(settings: Settings, token: str) -> Optional[Plan]:
    if not _TOKEN.fullmatch(token):
        return None
    with database.reading(settings) as session:
        return plan_of_token(session, token)


def _failed(error: SQLAlchemyError, line: str) -> HTTPResponse:
    logger.error("a plan could not be read: %s", type(error).__name__)
    return _page(_LATER, 503, line)


def _page(sentence: str, status: int, line: str) -> HTTPResponse:
    return response.html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>My plan</title>"
        '<link rel="stylesheet" href="/chat/static/plan.css"></head><body><main>'
        f"<h1>My plan</h1><p>{escape(sentence)}</p>"
        f"<p><strong>In an emergency: {escape(line)}</strong></p></main></body></html>",
        status=status,
    )
