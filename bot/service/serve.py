"""``python -m bot serve``: the whole system on one machine, with one command and one Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import List

from bot.service.processes import Service, port_is_free, python, stop_all, wait_until_up
from bot.service.supervisor import Supervisor
from bot.service.training import TrainingFailed, ensure_model, model_path
from bot.settings import Settings, database_address

START_SECONDS = 180


class _Stopped(Exception):
    """The supervisor was asked to stop, by Ctrl-C or by SIGTERM."""


def serve(settings: Settings) -> int:
    """Train if needed, start rasa and care, watch them until Ctrl-C. Returns the exit code."""
    # Also for SIGINT, which a shell makes background jobs ignore.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_stop)
    services: List[Service] = []
    try:
        problem = _first_problem(settings)
        if problem:
            print(problem, file=sys.stderr)
            return 1
        services = services_for(settings, str(_model()))
        say("Starting …")
        for service in services:
            service.start()
        wait_until_up(services, START_SECONDS, say)
        _print_addresses(settings)
        Supervisor(services, say).run()
        return 0
    except RuntimeError as error:
        print(str(error), file=sys.stderr)
        return 1
    except _Stopped:
        say("Stopping …")
        return 0
    finally:
        stop_all(services)


def services_for(settings: Settings, model: str) -> List[Service]:
    """Return the two services, ready to start: care first, because rasa's actions live there."""
    from bot.care.tokens import action_secret

    care_address = f"http://{settings.host}:{settings.care_port}"
    logs = settings.folder / "log"
    environment = {
        **_settings_environment(settings),
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "ACTION_ENDPOINT_URL": f"{care_address}/actions/webhook",
        "ACTION_ENDPOINT_SECRET": action_secret(settings),
        "LOCK_STORE": settings.lock_store,
        "UNSAVED_FOLDER": str(settings.folder / "unsaved"),
        "CONVERSATION_DATABASE": database_address(settings.conversation_database),
    }
    care = Service(
        name="care",
        command=python(
            "-m", "bot.care.server", "--host", settings.host, "--port", str(settings.care_port)
        ),
        address=f"{care_address}/health/live",
        log=logs / "care.log",
        environment=environment,
    )
    rasa = Service(
        name="rasa",
        command=python(
            *("-m", "bot.nlu.server", "--model", model),
            *("--host", settings.host, "--port", str(settings.patient_port)),
        ),
        address=f"http://{settings.host}:{settings.patient_port}/chat/",
        log=logs / "rasa.log",
        environment=environment,
    )
    return [care, rasa]


def _settings_environment(settings: Settings) -> dict:
    """Return the variables that make a child read the same settings as this process."""
    return {
        "BOT_WEB_HOST": settings.host,
        "BOT_WEB_PATIENT_PORT": str(settings.patient_port),
        "BOT_WEB_CARE_PORT": str(settings.care_port),
        "BOT_WEB_RATE_FACTOR": str(settings.rate_factor),
        "BOT_STORAGE_FOLDER": str(settings.folder),
        "BOT_STORAGE_CARE_DATABASE": settings.care_database,
        "BOT_STORAGE_CONVERSATION_DATABASE": str(settings.conversation_database),
        "BOT_STORAGE_CHANNEL_DATABASE": settings.channel_database,
        "BOT_ESCALATION": str(settings.escalation),
    }


def _first_problem(settings: Settings) -> str:
    """Return one plain sentence on what is in the way, or an empty string."""
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _unwritable(settings)
    if not os.access(settings.folder, os.W_OK):
        return _unwritable(settings)
    for name, port in (("patient", settings.patient_port), ("care", settings.care_port)):
        if not port_is_free(settings.host, port):
            return (
                f"Port {port} is in use by another program; stop it, or choose another with "
                f"`python -m bot serve --{name}-port NUMBER`."
            )
    return ""


def _unwritable(settings: Settings) -> str:
    return (
        f"The folder {settings.folder} cannot be written; make it writable or set "
        "storage.folder in settings.yml to another one."
    )


def _model() -> Path:
    """Return the model to serve; when none can be trained, patients are not left without us."""
    try:
        return ensure_model()
    except TrainingFailed as error:
        print(
            f"{error} The chat starts without a model: it answers emergencies and same-day "
            "reports, and gives everybody else the safe text.",
            file=sys.stderr,
        )
        return model_path()


def _print_addresses(settings: Settings) -> None:
    from bot.desk.access import local_sign_in_link

    patient = f"http://{settings.host}:{settings.patient_port}/chat/"
    say(f"Patient page  {patient}")
    say(f"Nurse desk    {local_sign_in_link(settings)}")
    say("Ctrl-C stops everything.")


def _on_stop(number: int, frame: object) -> None:
    # A second signal while stopping would leave children behind.
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    raise _Stopped


def say(text: str) -> None:
    """Print a progress line at once."""
    print(text, flush=True)
