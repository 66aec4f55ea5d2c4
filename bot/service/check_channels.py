"""The doctor's look at the channels: which are on, which only half, and what did not arrive."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, Optional

from sqlalchemy.exc import SQLAlchemyError

from bot.channels.messaging import credentials
from bot.channels.outgoing import undelivered
from bot.service.findings import ERROR, OK, WARNING, Finding
from bot.settings import PROJECT, Settings
from bot.yaml_files import read_yaml

_OURS = "bot.channels."
_WEB = "bot.channels.web.WebChannel"


def check_channels(settings: Settings, production: bool) -> Iterable[Finding]:
    """Return which channels are on and what keeps one off that somebody began to set up."""
    content = read_yaml(PROJECT / "credentials.yml") or {}
    yield from listed(content)
    yield from messaging()
    yield from arrived(settings)


def listed(content: Mapping[str, object]) -> Iterator[Finding]:
    """Return what ``credentials.yml`` switches on that is ours, and what should not be there."""
    if _WEB in content:
        yield Finding(OK, "Web chat: on.")
    else:
        yield Finding(WARNING, "Web chat: off.", f"Restore {_WEB} in credentials.yml.")
    for name in content:
        if not name.startswith(_OURS):
            yield Finding(
                ERROR,
                f"{name} is in credentials.yml, and Rasa's own channels check no signature.",
                "Take it out; docs/channels.md has what stands in its place.",
            )


def messaging(environment: Optional[Mapping[str, str]] = None) -> Iterator[Finding]:
    """Return for each messaging connector whether its credentials are in the environment."""
    for needs in credentials.CONNECTORS:
        problems = credentials.problems(needs, environment)
        name = needs.connector.capitalize()
        if problems:
            fix = " ".join(problems) + " docs/channels.md says where it comes from."
            yield Finding(ERROR, f"{name}: off, although it is partly set up.", fix)
        elif credentials.read(needs, environment):
            path = f"/webhooks/{needs.connector}/webhook"
            yield Finding(OK, f"{name}: on, its webhook is {path}.")
        else:
            yield Finding(OK, f"{name}: off, {needs.required[0]} is not set.")


def arrived(settings: Settings) -> Iterator[Finding]:
    """Return whether there are messages that have not reached patients."""
    try:
        waiting = undelivered(settings)
    except (SQLAlchemyError, OSError) as error:
        yield Finding(
            ERROR,
            f"The channels' database cannot be read ({type(error).__name__}).",
            "Check storage.channel_database and storage.folder in settings.yml.",
        )
        return
    if waiting:
        lost = sum(message.state == "failed" for message in waiting)
        yield Finding(
            WARNING,
            f"{len(waiting)} messages have not reached patients, {lost} of them never will.",
            f"The last reason on {waiting[0].channel}: {waiting[0].reason}.",
        )
