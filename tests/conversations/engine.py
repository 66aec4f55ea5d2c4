"""The engine in this process: the trained model, real actions on a SQLite database, no ports."""

import contextlib
import json
import logging
import os
from unittest import mock


@contextlib.contextmanager
def in_process(model, folder):
    """Yield the agent; its actions run here and write to ``folder``/care.db."""
    import rasa.core.agent
    import structlog

    from actions import base
    from bot.care import database
    from bot.care.webhook import load_actions
    from bot.nlu.endpoint import ActionEndpoint, only_this_turn
    from bot.nlu.processor import ShortSessionProcessor

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rasa.core.agent.MessageProcessor = ShortSessionProcessor

    class Here(ActionEndpoint):
        executor = load_actions("actions")

        async def request(self, *args, **kwargs):
            # Through JSON, as over the wire: what cannot be written must fail here too.
            return await self.executor.run(json.loads(json.dumps(only_this_turn(kwargs["json"]))))

    environment = {
        "BOT_STORAGE_FOLDER": str(folder),
        "BOT_STORAGE_CARE_DATABASE": f"sqlite:///{folder}/care.db",
    }
    with mock.patch.dict(os.environ, environment):
        base.settings.cache_clear()
        base.content.cache_clear()
        database.migrate(base.settings())
        yield rasa.core.agent.Agent.load(str(model), action_endpoint=Here("http://here"))
        database.dispose(base.settings())
    base.settings.cache_clear()
    base.content.cache_clear()
