"""Starts the real care service again and again, quickly: each start is a fork of a warm process.

Reads ``start PORT`` lines and answers each with a process id. The clock of its children is off by
the seconds in the file ``clock-offset`` of the settings' folder.
"""

import os
import signal
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bot.care import clock

_offset = Path(os.environ["BOT_STORAGE_FOLDER"]) / "clock-offset"


def _shifted_now() -> datetime:
    try:
        seconds = float(_offset.read_text())
    except (OSError, ValueError):
        seconds = 0.0
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


# Before anything imports it by name.
clock.now = _shifted_now

import actions.base  # noqa: E402
import bot.care.server  # noqa: E402


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    actions.base.content()
    for line in sys.stdin:
        port = line.split()[1]
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(2, 1)
            os._exit(bot.care.server.main(["--port", port]))
        print(child, flush=True)


if __name__ == "__main__":
    main()
