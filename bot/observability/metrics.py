"""Every metric that a process counts itself. docs/observability.md lists them with their meaning.

What can be read from a database is not counted here but asked at each scrape
(``bot.care.figures``), so that it is right after a restart and the same from every replica.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import Iterable, Mapping, Optional, Tuple

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

#: Seconds; the guard of a channel gives up after 15.
_ANSWER_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)
#: Seconds; the dispatcher gives a send 30.
_SEND_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)

MESSAGES = Counter(
    "bot_messages_total",
    "Messages of patients by channel, triage level and outcome",
    ("channel", "level", "outcome"),
)
MESSAGE_SECONDS = Histogram(
    "bot_message_seconds",
    "Seconds from a message to the end of its turn",
    ("channel", "level"),
    buckets=_ANSWER_BUCKETS,
)
IN_PROGRESS = Gauge("bot_messages_in_progress", "Messages that are being handled now")
INTENTS = Counter("bot_intents_total", "Messages by intent after the screen", ("intent",))
FALLBACKS = Counter("bot_fallbacks_total", "Messages that nobody understood", ("channel",))
FINDINGS = Counter(
    "bot_screening_hits_total", "Messages with a finding that is there", ("finding",)
)
SCREEN_FAILURES = Counter("bot_screening_failures_total", "Messages that could not be screened")
SAFE_TEXTS = Counter(
    "bot_safe_texts_total", "Safe texts sent in place of an answer", ("channel", "reason")
)
ACTION_CALLS = Histogram(
    "bot_action_call_seconds",
    "Seconds of a call of a custom action as Rasa sees it",
    ("outcome",),
    buckets=_ANSWER_BUCKETS,
)
ACTION_SECONDS = Histogram(
    "care_action_seconds",
    "Seconds a custom action takes in care",
    ("action", "outcome"),
    buckets=_ANSWER_BUCKETS,
)
SENDS = Histogram(
    "care_send_seconds",
    "Seconds of one attempt to send from an outbox",
    ("outbox", "outcome"),
    buckets=_SEND_BUCKETS,
)
PARTS = Gauge(
    "bot_part_works", "Whether a part of the Rasa service works (1) or not (0)", ("part",)
)
SCRAPE_FAILURES = Counter(
    "bot_scrape_failures_total", "Figures that could not be read at a scrape", ("source",)
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
TOKEN_VARIABLE = "BOT_METRICS_TOKEN"


def exposition(registries: Iterable[CollectorRegistry] = ()) -> bytes:
    """Return the figures of this process and of ``registries`` in the format of Prometheus."""
    return b"".join(generate_latest(each) for each in (REGISTRY, *registries))


def names() -> Tuple[str, ...]:
    """Return the name of every metric defined here, with the suffixes Prometheus adds."""
    found = []
    for metric in REGISTRY.collect():
        if metric.name.startswith(("bot_", "care_")):
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
            found += [metric.name + one for one in suffixes.get(metric.type, ("",))]
    return tuple(found)


def may_scrape(headers: Mapping[str, str], is_local: bool, environment: Mapping[str, str]) -> bool:
    """Return whether a request may read the figures.

    With ``BOT_METRICS_TOKEN`` set it needs ``Authorization: Bearer <token>``; without, it must come
    from this machine (``is_local``) and not through a proxy.
    """
    token: Optional[str] = environment.get(TOKEN_VARIABLE)
    if token:
        given = headers.get("authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    proxied = any(name in headers for name in ("forwarded", "x-forwarded-for", "origin"))
    return is_local and not proxied


def is_loopback(host: Optional[str]) -> bool:
    """Return whether an address or host name (without a port) is that of this machine."""
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
