"""The trained model and a real care service on loopback, one of each for the whole run."""

import dataclasses
import logging
import os
import subprocess
import sys
import time
import urllib.request

import pytest

from bot.service.processes import free_port
from bot.service.training import ensure_model
from bot.settings import PROJECT, load_settings


@pytest.fixture(scope="session")
def model():
    """The model of the present sources; trained once, kept in models/ by fingerprint."""
    return ensure_model()


@pytest.fixture(scope="session")
def care(tmp_path_factory):
    """The address of the actions, and the settings of the care service behind it."""
    folder, port = tmp_path_factory.mktemp("care"), free_port()
    settings = dataclasses.replace(
        load_settings(environment={}),
        folder=folder,
        care_database=f"sqlite:///{folder}/care.db",
        conversation_database=folder / "conversations.db",
        care_port=port,
    )
    environment = {
        **os.environ,
        "BOT_STORAGE_FOLDER": str(folder),
        "BOT_STORAGE_CARE_DATABASE": settings.care_database,
        "BOT_STORAGE_CONVERSATION_DATABASE": str(settings.conversation_database),
        "BOT_WEB_CARE_PORT": str(port),
    }
    with open(folder / "care.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.care.server", "--host", "127.0.0.1", "--port", str(port)],
            cwd=PROJECT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health/ready", process, folder / "care.log")
        yield f"http://127.0.0.1:{port}/actions/webhook", settings
    finally:
        process.terminate()
        process.wait(timeout=15)


def _wait(address, process, log):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("care did not become ready: " + log.read_text())


@pytest.fixture(scope="session")
def dead_port():
    """An address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}/actions/webhook"


@pytest.fixture(scope="session")
def agents(model, care, dead_port):
    """The engine as the server runs it: once with care, once with the action server dead."""
    import rasa.core.agent
    import structlog
    from rasa.utils.endpoints import EndpointConfig

    from bot.nlu.endpoint import ActionEndpoint
    from bot.nlu.processor import ShortSessionProcessor

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rasa.core.agent.MessageProcessor = ShortSessionProcessor
    address, _ = care
    alive = rasa.core.agent.Agent.load(
        str(model), action_endpoint=ActionEndpoint.around(EndpointConfig(address))
    )
    dead = rasa.core.agent.Agent.load(
        str(model), action_endpoint=ActionEndpoint.around(EndpointConfig(dead_port))
    )
    return {"alive": alive, "dead": dead}
