import json
import stat

import pytest
from sqlalchemy import select

from bot.care import database
from bot.care.clock import now
from bot.care.models import AuditEvent, Base, Patient
from bot.channels import database as channel_database
from bot.encryption import encrypt
from bot.privacy import search
from bot.privacy.erase import EpisodeOpen, erase
from bot.privacy.export import export
from bot.privacy.holdings import HOLDINGS, WITHOUT_PATIENT
from bot.privacy.stores import conversation_metadata, stores
from bot.privacy.subject import UnknownPatient

from .conftest import WORDS, close_episodes, event, fill

OTHER = {name: f"somebody else: {name} of quiet marmalade" for name in WORDS}
QUIET = dict(actor="operator test", tell=lambda line: None)


def test_every_table_says_whether_it_holds_something_of_a_patient():
    known = {holding.table.name for holding in HOLDINGS} | set(WITHOUT_PATIENT)
    metadatas = (Base.metadata, channel_database.metadata, conversation_metadata)
    assert {name for metadata in metadatas for name in metadata.tables} == known


def test_export_has_her_words_from_every_store_and_nothing_of_others(settings, her, tmp_path):
    fill(settings, "+447700900999", OTHER)
    paths = export(settings, her, tmp_path / "out", **QUIET)
    document = json.loads(paths[0].read_text())
    written = json.dumps(document, ensure_ascii=False)
    # The chat's own lines are JSON within JSON.
    assert {name for name, words in WORDS.items() if not search.contains(written, words)} == set()
    assert "+447700900123" in written and "marmalade" not in written
    assert WORDS["event"] in paths[1].read_text() and WORDS["note"] in paths[1].read_text()
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}


def test_an_unknown_patient_is_named(settings):
    with pytest.raises(UnknownPatient, match="AAA-AAA"):
        export(settings, "AAA-AAA", settings.folder, **QUIET)


def test_erasing_leaves_nothing_of_her_and_everything_of_others(settings, her, tmp_path):
    other = fill(settings, "+447700900999", OTHER)
    close_episodes(settings, now())
    with database.reading(settings) as session:
        pseudonym = session.execute(
            select(Patient.pseudonym).where(Patient.conversation_id == her)
        ).scalar_one()
        audited = session.query(AuditEvent).count()
    assert _places(settings, WORDS) != set()
    proof = erase(settings, pseudonym.lower(), **QUIET)
    # The bot's own reply is no word of hers.
    assert proof.left == [] and proof.sentences == len(WORDS) - 1 and proof.sealed >= len(WORDS)
    assert _places(settings, WORDS) == set()
    assert len(_places(settings, OTHER)) >= 6
    with database.reading(settings) as session:
        assert [patient.conversation_id for patient in session.query(Patient)] == [other]
        # What others did stays on record, and so does the erasure.
        assert session.query(AuditEvent).count() == audited + 1


def test_an_open_episode_is_not_erased_without_a_reason(settings, her):
    with pytest.raises(EpisodeOpen, match="--even-open"):
        erase(settings, her, **QUIET)
    assert "care.messages" in _places(settings, WORDS)
    assert erase(settings, her, reason="court-order", **QUIET).left == []


def test_the_proof_finds_what_a_forgotten_copy_would_leave(settings, her):
    close_episodes(settings, now())
    (settings.folder / "debug.log").write_text(f"she said: {WORDS['message']}!")
    event(settings, "a stranger", "hello")
    proof = erase(settings, her, **QUIET)
    assert proof.left == ["LEFT: something of hers is in debug.log."]


def test_words_that_others_wrote_too_prove_nothing(settings, her):
    close_episodes(settings, now())
    event(settings, "a stranger", WORDS["event"])
    proof = erase(settings, her, **QUIET)
    assert proof.left == [] and proof.common == 1


def test_a_value_sealed_under_her_row_is_looked_for_in_files(settings):
    sealed = encrypt("x")
    (settings.folder / "copy").write_bytes(b"\0" * 100 + sealed.encode())
    found = search.search_files([settings.folder / "copy"], [sealed])
    assert found.found == {sealed: {"copy": 1}}


def _places(settings, words):
    found = search.search_tables(stores(settings), words.values(), lambda line: None).found
    files = search.files_of(settings.folder, [])
    assert search.search_files(files, words.values()).found == {}
    places = {place for where in found.values() for place in where}
    waiting = (settings.folder / "unsaved" / "events-1-dead.jsonl").read_text()
    sealed = [search.opened([line]) for line in waiting.splitlines()]
    return places | {"unsaved" for line in sealed if words["unsaved"] in line}
