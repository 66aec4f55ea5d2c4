"""Log lines of both services: plain text or JSON, never with what a patient wrote."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any, Dict

from bot.observability import correlation

#: Loggers whose own lines are written by us and known to hold no patient text.
OURS = ("bot.", "actions.", "benchmarks.")
FORMATS = ("plain", "json")


class PrivateFormatter(logging.Formatter):
    """Writes our own lines in full, and of any other only where it came from and what failed.

    Rasa puts messages, slots and whole conversations into its lines and exceptions; SQLAlchemy
    puts the values of a failed statement into its error; uvicorn prints whole tracebacks. The place
    in the source is enough to look it up.
    """

    def __init__(self, service: str = "", as_json: bool = False) -> None:
        super().__init__()
        self._service, self._as_json = service, as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        fields = self._fields(record)
        if self._as_json:
            return json.dumps(fields, ensure_ascii=False)
        ending = "".join(f" {name}={fields[name]}" for name in _numbers(record))
        if "correlation_id" in fields:
            ending += f" [{fields['correlation_id']}]"
        if "error" in fields:
            ending += f" {fields['error']} at {fields['places']}"
        what = f": {fields['message']}" if "message" in fields else f" ({fields['place']})"
        return f"{self.formatTime(record)} {record.levelname} {record.name}{what}{ending}"

    def _fields(self, record: logging.LogRecord) -> Dict[str, Any]:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: Dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
        }
        if record.name.startswith(OURS):
            fields["message"] = " ".join(record.getMessage().splitlines())
            fields.update(_numbers(record))
        else:
            fields["place"] = f"{record.module}.{record.funcName}:{record.lineno}"
        if correlation.current():
            fields["correlation_id"] = correlation.current()
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-3:]
            fields["error"] = record.exc_info[0].__name__
            fields["places"] = " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames))
        return fields


def configure(service: str, log_format: str, level: int = logging.INFO) -> None:
    """Send every log line of this process at ``level`` and above to standard error.

    ``service`` is named in each JSON line; ``log_format`` is one of FORMATS.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrivateFormatter(service, as_json=log_format == "json"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Libraries warn of what they think of each other, over several lines that no program can read.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)


def _numbers(record: logging.LogRecord) -> Dict[str, Any]:
    """Return what was logged with ``extra={"figures": {…}}``: codes and numbers, no words."""
    return dict(getattr(record, "figures", {}))
