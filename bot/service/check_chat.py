"""The doctor's look at the web chat: where it may be shown, and what its processes share."""

from __future__ import annotations

import os
from typing import Iterable, Iterator, Mapping, Optional

from bot.channels.database import address
from bot.channels.tokens import KEY_VARIABLE
from bot.service.findings import ERROR, OK, WARNING, Finding
from bot.settings import Settings


def check_chat(
    settings: Settings, production: bool, environment: Optional[Mapping[str, str]] = None
) -> Iterable[Finding]:
    """Return whether the chat can be shown on other sites, and be served by several processes."""
    environment = os.environ if environment is None else environment
    yield _numbers(settings, production)
    yield from _sites(settings, production)
    yield _shared(settings, production, bool(environment.get(KEY_VARIABLE)))


def _numbers(settings: Settings, production: bool) -> Finding:
    if settings.region != "unknown":
        return Finding(OK, f"Emergency numbers: those of {settings.region}.")
    return Finding(
        ERROR if production else WARNING,
        "Emergency numbers: region is unknown, so the chat lists those of every country.",
        "Set region in settings.yml.",
    )


def _sites(settings: Settings, production: bool) -> Iterator[Finding]:
    if not settings.allowed_origins:
        yield Finding(OK, "The chat is shown on its own page only (web.allowed_origins is empty).")
    for origin in settings.allowed_origins:
        if production and origin.startswith("http://"):
            yield Finding(
                ERROR,
                f"{origin} may show the chat, and anybody on the way can read it.",
                "Serve that site over HTTPS and correct web.allowed_origins.",
            )
        else:
            yield Finding(OK, f"{origin} may show the chat.")


def _shared(settings: Settings, production: bool, has_key: bool) -> Finding:
    if address(settings).startswith("sqlite"):
        sentence = "The chat remembers in a file of this machine, so one process can serve it."
        fix = "For several, set storage.channel_database to a PostgreSQL and BOT_CHAT_KEY."
        return Finding(WARNING if production else OK, sentence, fix if production else "")
    if has_key:
        return Finding(OK, "The chat's database and the key of its tokens can be shared.")
    return Finding(
        ERROR if production else WARNING,
        "The chat's database is shared, but each machine makes a token key of its own.",
        f"Set {KEY_VARIABLE} to the same value everywhere; docs/embedding.md has the command.",
    )
