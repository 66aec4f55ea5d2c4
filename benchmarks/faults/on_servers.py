"""Faults of what the services need: PostgreSQL, Redis, and care itself as the action server.

Each is a function of a running clinic: it breaks something, lets patients write, and mends it.
"""

from sqlalchemy import create_engine, text

from benchmarks.faults.clinic import Clinic
from benchmarks.faults.seen import Seen, seen
from benchmarks.faults.wire import DOWN, HUNG

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
