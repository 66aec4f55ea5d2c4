"""Backup, change of key and erasure on a real PostgreSQL server, where one is installed."""

import dataclasses

import pytest
from sqlalchemy import create_engine, text
from test_care_postgresql import _programs, server, settings  # noqa: F401

from bot import encryption
from bot.care import database
from bot.care.alerts import list_alerts, messages_of
from bot.care.clock import now
from bot.care.models import Alert
from bot.privacy import rotation
from bot.privacy.backup import BackupError, backup, restore
from bot.privacy.erase import erase

pytestmark = pytest.mark.services


def quiet(line):
    pass


@pytest.fixture
def shared(settings, monkeypatch):  # noqa: F811
    """Care, channels and conversations in one database, and the keys in a file."""
    monkeypatch.delenv("BOT_ENCRYPTION_KEY")
    monkeypatch.setenv("BOT_STORAGE_FOLDER", str(settings.folder))
    encryption._folder.cache_clear()
    made = dataclasses.replace(
        settings,
        channel_database=settings.care_database,
        conversation_database=settings.care_database,
    )
    with create_engine(made.care_database, future=True).begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE events (id SERIAL PRIMARY KEY, sender_id VARCHAR(255), type_name"
                " VARCHAR(255), timestamp FLOAT, intent_name VARCHAR(255), action_name"
                " VARCHAR(255), data TEXT)"
            )
        )
    yield made
    encryption._folder.cache_clear()


def test_backup_change_of_key_and_erasure(shared, tmp_path):
    from care.samples import TEXT, raise_sample

    with database.transaction(shared) as session:
        raise_sample(session, conversation_id="her")
    with database.transaction(shared) as session:
        session.connection().execute(
            text(
                "INSERT INTO events (sender_id, type_name, timestamp, data)"
                " VALUES ('her', 'user', 1, :data)"
            ),
            {"data": encryption.encrypt('{"event": "user", "text": "velvet spoons and forks"}')},
        )
    backup(shared, tmp_path / "all.tar.gz", with_keys=True, tell=quiet)
    assert rotation.rotate(shared, actor="operator test", tell=quiet) >= 4
    with create_engine(shared.care_database, future=True).begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    restore(shared, tmp_path / "all.tar.gz", force=True, tell=quiet)
    with pytest.raises(BackupError, match="care, channels, conversations"):
        restore(shared, tmp_path / "all.tar.gz", force=False, tell=quiet)
    with database.reading(shared) as session:
        [alert] = list_alerts(session)
        assert [record.message.text for record in messages_of(session, alert.episode_id)] == [TEXT]
    assert rotation.rotate(shared, actor="operator test", tell=quiet) >= 4
    with database.transaction(shared) as session:
        session.query(Alert).one().episode.closed_at = now()
    proof = erase(shared, "her", actor="operator test", tell=quiet)
    assert proof.left == [] and proof.removed["conversations.events"] == 1
    with database.reading(shared) as session:
        assert list_alerts(session, include_closed=True) == []
