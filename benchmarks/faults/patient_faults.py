"""The faults as patients meet them: a question and an emergency through the real web channel.

Each fault is a function of a running clinic. It breaks something, lets two patients write, mends
it, and says what they got, and when the nurse's alert was there and its notification out.
"""

import contextlib
import dataclasses
import os
import resource
import time
from typing import Callable

from sqlalchemy import create_engine, text

from benchmarks.faults import poisoned
from benchmarks.faults.clinic import EMERGENCY, QUESTION, Answer, Clinic, Patient
from benchmarks.faults.wire import DOWN, HUNG
from benchmarks.faults.world import wait_for
from bot.care import database
from bot.care.alerts import list_alerts

#: The longest a patient may wait for an answer while something is broken, and while a process that
#: died with her message in its hands is started again, in seconds.
WAIT, RESTART_WAIT = 20.0, 120.0
#: Seconds after the end of the fault within which the alert has to be there.
ALERT_SECONDS = 180.0
#: Answers of something that is no action server, or of one that is broken.
WRONG = (
    b"<html>502 Bad Gateway</html>",
    b"[]",
    b"null",
    b"{}",
    b'{"events": null, "responses": null}',
    b'{"events": [{"event": "no such event"}], "responses": []}',
    b'{"events": [], "responses": [{"text": 7}]}',
    b'{"events": [{"event": "slot"}], "responses": "no list"}',
    b"\xff\xfe\x00",
)


@dataclasses.dataclass(frozen=True)
class Seen:
    """One line of the table."""

    fault: str
    where: str
    question: Answer
    emergency: Answer
    alert: str
    afterwards: Answer
    longest: float

    @property
    def ok(self) -> bool:
        waits = (self.question.seconds, self.emergency.seconds, self.afterwards.seconds)
        return (
            self.question.kind in ("answer", "safe text")
            and self.emergency.kind == "emergency text"
            and self.afterwards.kind == "answer"
            and max(waits) <= self.longest
            and not self.alert.startswith("NO")
        )


def seen(
    clinic: Clinic,
    fault: str,
    begin: Callable[[], object],
    end: Callable[[], object],
    *,
    question: str = QUESTION,
    emergency: str = EMERGENCY,
    longest: float = WAIT,
) -> Seen:
    """Break with ``begin``, let patients write, mend with ``end``; return what they saw."""
    asks, suffers = Patient(clinic.settings), Patient(clinic.settings)
    asks.writes("hello")
    suffers.writes("hello")
    begin()
    try:
        asked, urgent = asks.writes(question), suffers.writes(emergency)
        at_once = _alert_known(clinic, suffers)
    finally:
        end()
    mended = time.monotonic()
    alert = "while it was broken" if at_once else _alert(clinic, suffers, mended)
    return Seen(fault, clinic.name, asked, urgent, alert, asks.writes(QUESTION), longest)


def _alert_known(clinic: Clinic, patient: Patient) -> bool:
    try:
        return clinic.alert_of(patient)
    except Exception:
        # The database itself is what is broken.
        return False


def _alert(clinic: Clinic, patient: Patient, since: float) -> str:
    try:
        wait_for(lambda: _alert_known(clinic, patient), "an alert", ALERT_SECONDS)
    except TimeoutError:
        return "NO ALERT"
    seconds = time.monotonic() - since
    try:
        wait_for(lambda: _notified(clinic, patient), "a notification", ALERT_SECONDS)
    except TimeoutError:
        return "NO NOTIFICATION"
    return f"{seconds:.0f} s after it"


def _notified(clinic: Clinic, patient: Patient) -> bool:
    with database.reading(clinic.direct) as session:
        ids = {
            alert.id
            for alert in list_alerts(session, include_closed=True, limit=100_000)
            if alert.episode.patient.conversation_id == patient.conversation
        }
    return bool(ids & set(clinic.receiver.first_at))


# On wires: PostgreSQL, Redis and the actions


def _on_wire(name: str, fault: str, mode: str = "open", **how):
    def scenario(clinic: Clinic) -> Seen:
        wire = clinic.wires[name]
        return seen(clinic, fault, lambda: wire.set(mode, **how), wire.set)

    scenario.__name__ = fault.replace(" ", "_").replace(",", "")
    return scenario


def server_stopped(clinic: Clinic) -> Seen:
    """The whole PostgreSQL server is gone: care, conversations and the channels at once."""

    def begin() -> None:
        clinic.server.control("-m", "immediate", "stop")

    return seen(clinic, "PostgreSQL server stopped", begin, lambda: clinic.server.control("start"))


def care_full(clinic: Clinic) -> Seen:
    """The care database takes nothing more: its disk is full, or its quota is used up."""
    engine = create_engine(clinic.direct.care_database, future=True)
    tables = ("messages", "alerts", "episodes", "assessments", "patients", "deliveries")

    def begin() -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    "RAISE EXCEPTION 'could not extend file: No space left on device' "
                    "USING ERRCODE = 'disk_full'; END $$"
                )
            )
            for table in tables:
                connection.execute(
                    text(
                        f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} "
                        "EXECUTE FUNCTION full_disk()"
                    )
                )

    def end() -> None:
        with engine.begin() as connection:
            connection.execute(text("DROP FUNCTION full_disk CASCADE"))
        engine.dispose()

    return seen(clinic, "care database full", begin, end)


ON_SERVERS = (
    _on_wire("actions", "action server down", DOWN),
    _on_wire("actions", "action server hung", HUNG),
    _on_wire("actions", "action server slow, 2 s", delay=2.0),
    _on_wire("actions", "action server slow, 10 s", delay=10.0),
    *(
        _on_wire("actions", f"action server answers {body[:30]!r}", garbled=(body,))
        for body in WRONG
    ),
    _on_wire("care", "care database down", DOWN),
    _on_wire("care", "care database hung", HUNG),
    _on_wire("care", "care database slow, 0.5 s a statement", delay=0.5),
    care_full,
    _on_wire("conversations", "conversation store down", DOWN),
    _on_wire("conversations", "conversation store hung", HUNG),
    _on_wire("conversations", "conversation store slow, 0.5 s a statement", delay=0.5),
    _on_wire("channels", "channel database down", DOWN),
    _on_wire("channels", "channel database hung", HUNG),
    _on_wire("redis", "Redis down", DOWN),
    _on_wire("redis", "Redis hung", HUNG),
    server_stopped,
)


# On one machine with SQLite, as `python -m bot serve` has it


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


ON_FILES = (
    restart_in_form,
    component_raises,
    component_dies,
    component_hangs,
    memory_pressure,
    killed_for_memory,
    database_locked,
    model_corrupt,
    model_missing,
)


def log_disk_full(clinic: Clinic) -> Seen:
    """Nothing can be written to the log: the clinic was started with /dev/full as its log."""
    assert os.fspath(clinic.rasa.log) == "/dev/full"
    return seen(clinic, "log disk full", lambda: None, lambda: None)
