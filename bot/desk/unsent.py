"""Replies of the symptom check that a messaging channel has not taken so far."""

from __future__ import annotations

import logging
from typing import List

from sqlalchemy.exc import SQLAlchemyError

from bot.channels.outgoing import Undelivered, undelivered
from bot.settings import Settings

logger = logging.getLogger(__name__)


def replies(settings: Settings) -> List[Undelivered]:
    """Return the replies that did not reach patients, newest first.

    The desk goes on when the channels' database cannot be read: nothing is returned, and a line is
    logged.
    """
    try:
        return undelivered(settings)
    except SQLAlchemyError as error:
        logger.error("undelivered replies cannot be read (%s)", type(error).__name__)
        return []
