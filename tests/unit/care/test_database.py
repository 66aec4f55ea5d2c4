import subprocess
import sys
from datetime import datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.care import audit, database
from bot.care.models import AssessmentRecord, Base, Patient

from .conftest import settings_in


def test_migrations_build_exactly_the_tables_of_the_models(settings):
    with create_engine(settings.care_database).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_twice_changes_nothing_and_is_reported_as_current(settings):
    database.migrate(settings)
    assert database.is_current(settings)


def test_an_empty_database_is_not_current(tmp_path):
    assert not database.is_current(settings_in(tmp_path))


@pytest.mark.services
def test_processes_that_migrate_at_the_same_time_all_succeed(tmp_path):
    program = (
        "import sys, pathlib; sys.path.insert(0, 'tests/unit');"
        "from care.conftest import settings_in; from bot.care import database;"
        "made = settings_in(pathlib.Path(sys.argv[1])); database.migrate(made);"
        "assert database.is_current(made)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()


def test_audit_events_can_be_added_but_never_changed_or_removed(settings):
    with database.transaction(settings) as session:
        audit.record(session, actor="nurse", action=audit.OPENED, alert_id="a")
    for statement in ("UPDATE audit_events SET actor = 'other'", "DELETE FROM audit_events"):
        refused = pytest.raises(IntegrityError, match="never changed")
        with refused, database.transaction(settings) as session:
            session.execute(text(statement))
    with database.reading(settings) as session:
        assert [event.actor for event in audit.timeline(session, "a")] == ["nurse"]


def test_times_without_a_zone_are_refused_and_others_come_back_as_utc(settings):
    with (
        pytest.raises(StatementError, match="time zone"),
        database.transaction(settings) as session,
    ):
        session.add(Patient(channel="web", conversation_id="a", created_at=datetime(2026, 1, 1)))
    summer = datetime.fromisoformat("2026-07-01T14:00:00+02:00")
    with database.transaction(settings) as session:
        session.add(Patient(channel="web", conversation_id="b", created_at=summer))
    with database.reading(settings) as session:
        stored = session.query(Patient).one().created_at
    assert stored.isoformat() == "2026-07-01T12:00:00+00:00"


def test_a_transaction_that_fails_leaves_nothing_behind(settings):
    with pytest.raises(RuntimeError), database.transaction(settings) as session:
        session.add(Patient(channel="web", conversation_id="a"))
        session.flush()
        raise RuntimeError
    with database.reading(settings) as session:
        assert session.query(Patient).count() == 0


def test_listeners_hear_of_commits_that_changed_something_only(settings):
    heard = []
    stop = database.on_commit(lambda: heard.append(1))
    try:
        with database.transaction(settings) as session:
            session.query(Patient).count()
        with pytest.raises(RuntimeError), database.transaction(settings) as session:
            session.add(Patient(channel="web", conversation_id="a"))
            session.flush()
            raise RuntimeError
        assert heard == []
        with database.transaction(settings) as session:
            session.add(Patient(channel="web", conversation_id="a"))
        assert heard == [1]
    finally:
        stop()


def test_words_from_before_they_were_sealed_are_sealed_by_the_migration(tmp_path):
    settings = settings_in(tmp_path)
    config = database._alembic_config()
    engine = database.engine(settings)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in (
            "INSERT INTO patients (id, channel, conversation_id, pseudonym, created_at)"
            " VALUES ('p', 'web', 'c', 'AAA-AAA', '2026-01-01 00:00:00')",
            "INSERT INTO episodes (id, patient_id, state, opened_at)"
            " VALUES ('e', 'p', '{}', '2026-01-01 00:00:00')",
            "INSERT INTO messages (id, episode_id, text, sent_at)"
            " VALUES (1, 'e', 'purple elephants in my throat', '2026-01-01 00:00:00')",
            "INSERT INTO assessments"
            " (id, episode_id, message_id, rules, findings, flags, summary, created_at) VALUES"
            " (1, 'e', 1, '[]', '[{\"text\": \"purple elephants\"}]', '[]',"
            " 'purple elephants seen', '2026-01-01 00:00:00')",
        ):
            connection.exec_driver_sql(statement)
    database.migrate(settings)
    with database.reading(settings) as session:
        record = session.query(AssessmentRecord).one()
        assert record.message.text == "purple elephants in my throat"
        assert record.findings == [{"text": "purple elephants"}]
        assert record.summary == "purple elephants seen"
    assert [f.name for f in tmp_path.iterdir() if b"elephants" in f.read_bytes()] == []
    database.dispose(settings)
