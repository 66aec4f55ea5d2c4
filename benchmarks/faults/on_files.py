"""Faults of one machine with SQLite, as `python -m bot serve` has it: models, processes, disks.

Each is a function of a running clinic: it breaks something, lets patients write, and mends it.
"""

import contextlib
import dataclasses
import resource
from pathlib import Path
from typing import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from benchmarks.faults import poisoned
from benchmarks.faults.clinic import EMERGENCY, QUESTION, Answer, Clinic, Patient
from benchmarks.faults.seen import ALERT_SECONDS, RESTART_WAIT, WAIT, Seen, seen
from benchmarks.faults.world import wait_for
from bot.care import database
from bot.privacy.backup import backup, restore
from bot.service.processes import stop_all
from bot.settings import PROJECT

#: Messages in the database of the version before, so that its migration takes a while.
OLD_MESSAGES = 20_000


def model_corrupt(clinic: Clinic) -> Seen:
    """The model file is damaged when the chat service starts again."""
    return _with_model(clinic, "model file damaged", lambda: _damage(clinic.model))


def model_missing(clinic: Clinic) -> Seen:
    """The model file is gone when the chat service starts again."""
    return _with_model(clinic, "model file missing", clinic.model.unlink)


def _with_model(clinic: Clinic, fault: str, harm: Callable[[], object]) -> Seen:
    whole = clinic.model.read_bytes()

    def begin() -> None:
        harm()
        clinic.restart(clinic.rasa)

    def end() -> None:
        clinic.model.write_bytes(whole)
        clinic.restart(clinic.rasa)
        clinic.wait_ready()

    return seen(clinic, fault, begin, end)


def _damage(path) -> None:
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\0" * 4096)


def component_raises(clinic: Clinic) -> Seen:
    """A component of the model raises at her message."""
    return _poison(clinic, "message that a component raises at", poisoned.RAISES, WAIT)


def component_dies(clinic: Clinic) -> Seen:
    """A component of the model ends the whole process at her message, each time."""
    return _poison(clinic, "message that ends the process", poisoned.DIES, 2 * RESTART_WAIT)


def component_hangs(clinic: Clinic) -> Seen:
    """A component of the model never returns from her message."""
    return _poison(clinic, "message that a component hangs at", poisoned.HANGS, 2 * RESTART_WAIT)


def _poison(clinic: Clinic, fault: str, word: str, longest: float) -> Seen:
    return seen(
        clinic,
        fault,
        lambda: None,
        clinic.wait_ready,
        question=f"{QUESTION} {word}",
        emergency=f"{EMERGENCY} {word}",
        longest=longest,
    )


def memory_pressure(clinic: Clinic) -> Seen:
    """The chat service gets no more memory from the system."""
    process = clinic.rasa.process

    def begin() -> None:
        with open(f"/proc/{process.pid}/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.prlimit(process.pid, resource.RLIMIT_AS, (used, resource.RLIM_INFINITY))

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(process.pid, resource.RLIMIT_AS, infinite)

    return seen(clinic, "no memory left for the chat service", begin, end, longest=RESTART_WAIT)


def killed_for_memory(clinic: Clinic) -> Seen:
    """The system kills the chat service to get memory back."""
    return seen(
        clinic,
        "chat service killed for its memory",
        clinic.rasa.kill,
        clinic.wait_ready,
        longest=RESTART_WAIT,
    )


def restart_in_form(clinic: Clinic) -> Seen:
    """The chat service is killed between two questions of a symptom check."""
    patient = Patient(clinic.settings)
    first = patient.writes("my arm is sore where i got the injection")
    line = seen(
        clinic,
        "restart between two questions of the symptom check",
        lambda: clinic.restart(clinic.rasa),
        clinic.wait_ready,
        longest=RESTART_WAIT,
    )
    answer = patient.writes("yesterday")
    went_on = first.texts and answer.kind == "answer" and not _is_lost(answer)
    return line if went_on else dataclasses.replace(line, question=Answer("NOT RESUMED", 0.0, ()))


def _is_lost(answer: Answer) -> bool:
    return any("not understand" in text or "didn't understand" in text for text in answer.texts)


def database_locked(clinic: Clinic) -> Seen:
    """Somebody else holds every SQLite file locked."""
    engines = [
        create_engine(f"sqlite:///{clinic.folder}/{name}.db", future=True)
        for name in ("care", "conversations", "channels")
    ]
    held: list = []

    def begin() -> None:
        for engine in engines:
            held.append(engine.connect())
            held[-1].exec_driver_sql("BEGIN EXCLUSIVE")

    def end() -> None:
        for connection in held:
            connection.rollback()
            connection.close()

    return seen(clinic, "all three SQLite files locked", begin, end)


def disk_full(clinic: Clinic) -> Seen:
    """The disk with every SQLite file, the logs and the folder for unsaved events is full."""
    filler = clinic.folder / "filler"

    def begin() -> None:
        for size in (1 << 16, 1):
            with contextlib.suppress(OSError), open(filler, "ab", buffering=0) as file:
                while True:
                    file.write(b"\0" * size)

    return seen(clinic, "disk full", begin, filler.unlink)


def upgrade(clinic: Clinic) -> Seen:
    """The new care service migrates a database of the version before while patients write."""

    def begin() -> None:
        clinic.unwatched()
        clinic.care.kill()
        _old_database(clinic)
        clinic.care.start()

    def end() -> None:
        clinic.watch()
        clinic.wait_ready()

    return seen(clinic, f"upgrade: {OLD_MESSAGES:,} messages are migrated meanwhile", begin, end)


def _old_database(clinic: Clinic) -> None:
    """Put a care database of the version before the last, with messages in it, in place."""
    database.dispose(clinic.direct)
    for file in clinic.folder.glob("care.db*"):
        file.unlink()
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    day = "2026-01-01 00:00:00"
    with database.engine(clinic.direct).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.exec_driver_sql(
            "INSERT INTO patients (id, channel, conversation_id, pseudonym, created_at)"
            f" VALUES ('p', 'web', 'c', 'AAA-AAA', '{day}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO episodes (id, patient_id, state, opened_at, closed_at)"
            f" VALUES ('e', 'p', '{{}}', '{day}', '{day}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO messages (episode_id, text, sent_at)"
            " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i < {OLD_MESSAGES}) SELECT 'e', 'message ' || i, '{day}' FROM n"
        )
    database.dispose(clinic.direct)


def restored(clinic: Clinic) -> Seen:
    """Every database is lost and put back from a backup that was made while patients wrote."""
    before = Patient(clinic.settings)
    before.writes(EMERGENCY)
    wait_for(lambda: clinic.alert_of(before), "the alert before the backup", ALERT_SECONDS)
    archive = clinic.folder.with_suffix(".backup")

    def begin() -> None:
        backup(clinic.direct, archive, with_keys=False, tell=lambda line: None)
        clinic.unwatched()
        stop_all(clinic.services)
        database.dispose(clinic.direct)
        for file in clinic.folder.glob("*.db*"):
            file.unlink()
        restore(clinic.direct, archive, force=True, tell=lambda line: None)
        for service in clinic.services:
            service.start()
        clinic.watch()

    line = seen(clinic, "restored from a backup", begin, clinic.wait_ready, longest=RESTART_WAIT)
    archive.unlink()
    kept = clinic.alert_of(before) and "EMERGENCY" not in before.writes("ok").texts[0][:9]
    return line if kept else dataclasses.replace(line, alert="NO ALERT of before the backup")


def log_disk_full(clinic: Clinic) -> Seen:
    """Nothing can be written to the logs any more: the services come up with /dev/full as log."""
    logs = [service.log for service in clinic.services]

    def use(paths) -> None:
        for service, path in zip(clinic.services, paths, strict=True):
            service.log = path
            clinic.restart(service)
        clinic.wait_ready()

    full = [Path("/dev/full")] * len(logs)
    return seen(clinic, "log disk full", lambda: use(full), lambda: use(logs))


ON_FILES = (
    restart_in_form,
    log_disk_full,
    component_raises,
    component_dies,
    component_hangs,
    memory_pressure,
    killed_for_memory,
    database_locked,
    model_corrupt,
    model_missing,
    upgrade,
    restored,
    disk_full,
)
