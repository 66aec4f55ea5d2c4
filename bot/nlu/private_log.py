"""Log lines of Rasa and its libraries without what patients wrote."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from typing import Any, MutableMapping

import structlog

#: Loggers whose own lines are written by us and known to hold no patient text.
OURS = ("bot.", "actions.")


class PrivateFormatter(logging.Formatter):
    """Writes our own lines in full, and of any other only where it came from and what failed.

    Rasa puts messages, slots and whole conversations into its lines and exceptions; SQLAlchemy
    puts the values of a failed statement into its error. The place in the source is enough to look
    it up.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}"
        if record.name.startswith(OURS):
            line = f"{line}: {record.getMessage()}"
        else:
            line = f"{line} ({record.module}.{record.funcName}:{record.lineno})"
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-3:]
            places = " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames))
            line = f"{line} {record.exc_info[0].__name__} at {places}"
        return line


class _ExpectedSilence(logging.Filter):
    """Drops Rasa's complaint about a response that is meant to say nothing in most cases.

    ``utter_emergency_crisis`` has texts for a crisis only (triage.md section 1: added, never
    dropped), and Rasa calls the absence of a text for the other emergencies an error.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return "utter_emergency_crisis" not in record.getMessage()


def configure() -> None:
    """Send every log line of this process, at WARNING and above, through the formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrivateFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
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
