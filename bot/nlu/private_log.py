"""Log lines of Rasa and its libraries without what patients wrote."""

from __future__ import annotations

import logging
import warnings
from typing import Any, MutableMapping

import structlog

from bot.observability import logs


class _ExpectedSilence(logging.Filter):
    """Drops Rasa's complaint about a response that is meant to say nothing in most cases.

    ``utter_emergency_crisis`` has texts for a crisis only (triage.md section 1: added, never
    dropped), and Rasa calls the absence of a text for the other emergencies an error.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return "utter_emergency_crisis" not in record.getMessage()


def configure(log_format: str = "plain") -> None:
    """Send every log line of this process, at WARNING and above, through the private formatter."""
    logs.configure("rasa", log_format, logging.WARNING)
    for name in ("bot", "actions"):
        logging.getLogger(name).setLevel(logging.INFO)
    # A warning may quote a value, and a line without it helps nobody.
    warnings.simplefilter("ignore")
    logging.getLogger("rasa.core.actions.action").addFilter(_ExpectedSilence())
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _only_the_event],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )


def _only_the_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    return str(event.get("event", ""))
