"""Runs Rasa for patients: ``python -m bot.nlu.server --model … --host … --port …``.

Rasa's own ``rasa run`` would serve unguarded channels, wait five minutes for an action, and write
what patients say into its log.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import List, Optional

from bot.nlu.without_tensorflow import import_rasa_light
from bot.settings import PROJECT, SettingsError, load_settings

# Both are read when the libraries are imported.
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

logger = logging.getLogger(__name__)

NEEDED = (
    *("ACTION_ENDPOINT_URL", "ACTION_ENDPOINT_SECRET"),
    *("CONVERSATION_DATABASE", "UNSAVED_FOLDER"),
)


def main(arguments: Optional[List[str]] = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.server", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the trained model")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=5005)
    options = parser.parse_args(arguments)
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        print(f"Set {', '.join(missing)}; endpoints.yml says what they are.", file=sys.stderr)
        return 1
    import_rasa_light()
    from bot.nlu import private_log

    try:
        private_log.configure(load_settings().log_format)
        app = build_app(options.model)
    except SettingsError as error:
        print(f"The chat cannot start: {error}", file=sys.stderr)
        return 1
    app.run(host=options.host, port=options.port, workers=1, access_log=False, motd=False)
    return 0


def build_app(model: Path):  # type: ignore[no-untyped-def]
    """Return the Sanic application with every channel of credentials.yml behind its guard.

    The agent is loaded when the application starts. When the model cannot be read, emergencies are
    answered all the same and everybody else gets the safe text (``bot.nlu.last_resort``). Raises
    SettingsError when the clinic's settings cannot be used.
    """
    import rasa.core.agent
    from rasa.core.run import (
        close_resources,
        configure_app,
        create_http_input_channels,
        load_agent_on_start,
    )
    from rasa.core.utils import AvailableEndpoints

    from bot.channels.guard import guarded
    from bot.nlu import monitor
    from bot.nlu.endpoint import ActionEndpoint, check_answers_once_compiled
    from bot.nlu.last_resort import LastResort
    from bot.nlu.processor import ShortSessionProcessor
    from bot.nlu.quicker_rasa import make_rasa_quicker

    check_answers_once_compiled()
    make_rasa_quicker()
    # Rasa gives no other way to choose the processor.
    rasa.core.agent.MessageProcessor = ShortSessionProcessor  # type: ignore[misc]
    endpoints = AvailableEndpoints.read_endpoints(str(PROJECT / "endpoints.yml"))
    endpoints.action = ActionEndpoint.around(endpoints.action)
    if "://" not in endpoints.tracker_store.url:
        Path(endpoints.tracker_store.url).parent.mkdir(parents=True, exist_ok=True)
    channels = create_http_input_channels(None, str(PROJECT / "credentials.yml"))
    settings = load_settings()
    last_resort = LastResort(settings)
    app = configure_app(
        [guarded(channel, settings, last_resort=last_resort) for channel in channels],
        enable_api=False,
        endpoints=endpoints,
    )
    app.register_listener(
        partial(load_agent_on_start, str(model), endpoints, None), "before_server_start"
    )
    app.register_listener(partial(_use_agent, settings, last_resort), "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    monitor.install(app, settings)
    return app


async def _use_agent(settings, last_resort, app, _):  # type: ignore[no-untyped-def]
    from bot.nlu.last_resort import inner_store
    from bot.nlu.texts import use_texts

    agent = app.ctx.agent
    last_resort.use(agent)
    # What a process left behind that ended during an outage.
    inner_store(agent.tracker_store).write_back_soon()
    if agent.is_ready():
        use_texts(agent, settings)
    else:
        logger.error("there is no model that can be read: only emergencies are answered")


if __name__ == "__main__":
    sys.exit(main())
