"""Runs care: ``python -m bot.care.server --host 127.0.0.1 --port 5055``."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from types import FrameType
from typing import List, Optional

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from bot.care.app import create_app
from bot.care.database import migrate
from bot.observability import logs
from bot.settings import SettingsError, load_settings

logger = logging.getLogger(__name__)

#: Seconds that open connections get to finish after a stop was asked for.
STOP_SECONDS = 5


class _Server(uvicorn.Server):
    """Ends the live updates first: their connections never finish on their own."""

    def handle_exit(self, sig: int, frame: Optional[FrameType]) -> None:
        """Begin to stop, on a signal."""
        self.config.app.state.feed.stop()  # type: ignore[union-attr]
        super().handle_exit(sig, frame)


def main(arguments: Optional[List[str]] = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.care.server", description=__doc__)
    parser.add_argument("--host", help="address to listen on (default: web.host of the settings)")
    parser.add_argument("--port", type=int, help="port (default: web.care_port of the settings)")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings()
        _configure_log(settings.log_format)
        settings = replace(
            settings,
            host=options.host or settings.host,
            care_port=options.port or settings.care_port,
        )
        migrate(settings)
        app = create_app(settings)
    except (SettingsError, ImportError, OSError) as error:
        print(f"Care cannot start: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"Care cannot start: the care database fails ({error}).", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.care_port,
        # Addresses hold alert ids and the sign-in link, so no line is written per request.
        access_log=False,
        # Nothing here speaks WebSocket, and uvicorn's code for it does not import beside Rasa's
        # older websockets package.
        ws="none",
        log_config=None,
        server_header=False,
        # The peer's address decides who may run actions; no header may change it.
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = _Server(config)
    server.run()
    return 0 if server.started else 1


def _configure_log(log_format: str) -> None:
    logs.configure("care", log_format)
    for chatty in ("alembic", "rasa_sdk", "apprise", "httpx", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
