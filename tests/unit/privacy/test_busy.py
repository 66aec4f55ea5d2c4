"""What a command says when somebody else holds a SQLite file."""

import argparse
import logging
import sqlite3

import pytest

from bot.care import database
from bot.care.clock import now
from bot.care.models import AuditEvent
from bot.privacy.export import EXPORTED, export
from bot.privacy.purge import purge
from bot.service import privacy_commands
from bot.service.privacy_commands import PrivacyError

from .conftest import close_episodes

QUIET = dict(actor="operator test", tell=lambda line: None)


@pytest.fixture
def hurried(settings, her, monkeypatch):
    """Give up on a busy file at once."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    database.dispose(settings)
    database._build_engine.cache_clear()


def test_a_locked_file_is_called_busy_and_not_away(settings, her, hurried, monkeypatch):
    monkeypatch.setattr(privacy_commands, "load_settings", lambda: settings)
    close_episodes(settings, now())
    database.dispose(settings)
    holder = sqlite3.connect(settings.folder / "care.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    options = argparse.Namespace(patient=her, yes=True, even_open=None)
    command = privacy_commands._told(privacy_commands._erase)
    with pytest.raises(PrivacyError, match=r"busy: another program holds it.*stop them first"):
        command(options)
    holder.rollback()
    holder.close()


def test_purge_says_what_to_do_when_a_file_cannot_be_written_anew_and_does_it_later(
    settings, her, hurried, caplog
):
    reader = sqlite3.connect(settings.folder / "care.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM patients").fetchone()
    with database.transaction(settings) as session:
        session.add(AuditEvent(actor="test", action="test"))
    with caplog.at_level(logging.WARNING):
        purge(settings, tidy=True)
    assert "the file of care was too busy" in caplog.text
    assert "run `python -m bot purge` again when it is quiet" in caplog.text
    reader.rollback()
    reader.close()
    caplog.clear()
    purge(settings, tidy=True)
    assert "too busy" not in caplog.text


def test_an_export_says_who_exported_her_before(settings, her, tmp_path):
    export(settings, her, tmp_path / "one", **QUIET)
    [document, _] = export(settings, her, tmp_path / "two", **QUIET)
    assert EXPORTED in document.read_text() and "operator test" in document.read_text()
