"""Figures of what goes out to patients, read from the channels' database at each scrape."""

from __future__ import annotations

import logging
import time
from typing import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import database
from bot.channels.messaging.tables import outgoing
from bot.observability import metrics
from bot.settings import Settings

logger = logging.getLogger(__name__)


class ChannelFigures(Collector):
    """Asks the channels' database; every replica gives the same values."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def describe(self) -> Iterator[Metric]:
        """Return nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Return the figures of now; none while the database does not answer."""
        counted = GaugeMetricFamily(
            "bot_channel_outgoing",
            "Messages to patients that are on their way (due) or will never arrive (failed)",
            labels=["connector", "state"],
        )
        late = GaugeMetricFamily(
            "bot_channel_outgoing_late_seconds",
            "How long the message that is due longest has been due",
        )
        query = (
            select(
                outgoing.c.connector,
                outgoing.c.state,
                func.count(),
                func.min(outgoing.c.created_at),
            )
            .where(outgoing.c.state.in_(("due", "failed")))
            .group_by(outgoing.c.connector, outgoing.c.state)
        )
        try:
            with database.reading(database.engine(database.address(self._settings))) as sql:
                rows = sql.execute(query).all()
        except (SQLAlchemyError, OSError) as error:
            logger.error("the figures cannot be read: %s", type(error).__name__)
            metrics.SCRAPE_FAILURES.labels("channel database").inc()
            return
        oldest = time.time()
        for connector, state, number, since in rows:
            counted.add_metric([connector, state], number)
            oldest = min(oldest, since) if state == "due" else oldest
        late.add_metric([], max(0.0, time.time() - oldest))
        yield from (counted, late)


def registry_for(settings: Settings) -> CollectorRegistry:
    """Return a registry with the figures of the channels."""
    registry = CollectorRegistry()
    registry.register(ChannelFigures(settings))
    return registry
