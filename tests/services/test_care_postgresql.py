"""Care on a real PostgreSQL server, where one is installed."""

import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from care.conftest import settings_in
from care.samples import raise_sample

from bot.care import audit, database, outbox
from bot.care.alerts import acknowledge, get_alert, list_alerts, messages_of
from bot.care.clock import now
from bot.care.dispatcher import Dispatcher
from bot.care.models import Base, Delivery

pytestmark = pytest.mark.services


def _programs():
    found = shutil.which("pg_ctl")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@pytest.fixture(scope="module")
def server():
    programs = _programs()
    if programs is None:
        pytest.skip("There is no PostgreSQL server here; `apt-get install postgresql` brings one.")
    # Not one of pytest's folders: those are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="care-postgresql-"))
    # The server refuses to run as root.
    as_user = {}
    if os.geteuid() == 0:
        as_user = {"user": "postgres", "group": "postgres"}
        shutil.chown(folder, "postgres", "postgres")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def run(*command):
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)

    data = str(folder / "data")
    control = (str(programs / "pg_ctl"), "-D", data, "-w")
    run(str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "care")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    run(*control, "-o", options, "-l", str(folder / "log"), "start")
    yield f"postgresql://care@127.0.0.1:{port}/postgres"
    run(*control, "-m", "fast", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def settings(server, tmp_path):
    with create_engine(server, future=True).begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    made = dataclasses.replace(settings_in(tmp_path), care_database=server)
    together(lambda _: database.migrate(made), range(3))
    yield made
    database.dispose(made)


def together(work, arguments):
    failures = []

    def guarded(argument):
        try:
            work(argument)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


def test_migrations_by_several_at_once_build_the_tables_of_the_models(settings):
    assert database.is_current(settings)
    with create_engine(settings.care_database).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_many_writers_make_one_alert_per_conversation(settings):
    def write(writer):
        for conversation in "abcde":
            with database.transaction(settings) as session:
                raise_sample(session, conversation_id=conversation, text=f"message {writer}")

    together(write, range(6))
    with database.reading(settings) as session:
        alerts = list_alerts(session)
        assert len(alerts) == session.query(Delivery).count() == 5
        assert all(len(messages_of(session, alert.episode_id)) == 6 for alert in alerts)
        # Nobody who follows the ids may miss one.
        ids = [event.id for event in audit.events_after(session, 0)]
        # One for each message, and one for the first step of each ladder.
        assert ids == sorted(ids) and len(ids) == 30 + 5


def test_a_second_dispatcher_skips_what_the_first_holds(settings):
    with database.transaction(settings) as session:
        for number in range(6):
            raise_sample(session, conversation_id=str(number))
    with database.transaction(settings) as one, database.transaction(settings) as other:
        first = outbox.claim_due(one, owner="one", at=now(), limit=4)
        one.flush()
        second = outbox.claim_due(other, owner="other", at=now())
    assert (len(first), len(second)) == (4, 2)
    assert not {claim.delivery_id for claim in first} & {claim.delivery_id for claim in second}


def test_alerts_are_delivered_and_acknowledged_once(settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session).id
    assert Dispatcher(settings).run_once() == 1
    firsts = []

    def press(nurse):
        with database.transaction(settings) as session:
            firsts.append(acknowledge(session, alert_id, nurse=nurse).first)

    together(press, "abcd")
    assert sorted(firsts) == [False, False, False, True]
    with database.reading(settings) as session:
        assert get_alert(session, alert_id).created_at.utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET actor = 'x'", "DELETE FROM audit_events"]
)
def test_audit_events_are_never_changed(settings, statement):
    with (
        pytest.raises(DBAPIError, match="never changed"),
        database.transaction(settings) as session,
    ):
        session.execute(text(statement))
