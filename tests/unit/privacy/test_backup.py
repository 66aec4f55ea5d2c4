import dataclasses
import stat
import tarfile

import pytest

from bot.care import database
from bot.care.models import Message, Note
from bot.privacy import search
from bot.privacy.backup import BackupError, backup, restore
from bot.privacy.export import read
from bot.privacy.stores import stores
from bot.privacy.subject import find

from .conftest import WORDS


def quiet(line):
    pass


def everything(settings, her):
    found = stores(settings)
    return read(settings, found, find(found, her), quiet)


def elsewhere(settings, folder):
    """The settings of another machine."""
    return dataclasses.replace(
        settings,
        folder=folder,
        care_database=f"sqlite:///{folder}/care.db",
        conversation_database=folder / "conversations.db",
    )


def test_a_restored_machine_has_everything_and_refuses_to_be_overwritten(settings, her, tmp_path):
    archive = tmp_path / "all.tar.gz"
    backup(settings, archive, with_keys=False, tell=quiet)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    new = elsewhere(settings, tmp_path / "new")
    restore(new, archive, force=False, tell=quiet)
    assert everything(new, her) == everything(settings, her)
    with pytest.raises(BackupError, match="care, channels, conversations"):
        restore(new, archive, force=False, tell=quiet)
    with database.transaction(new) as session:
        session.query(Note).delete()
    restore(new, archive, force=True, tell=quiet)
    with database.reading(new) as session:
        assert session.query(Note).one().text == WORDS["note"]
    database.dispose(new)


def test_a_copy_made_while_somebody_writes_is_whole(settings, her, tmp_path):
    with database.transaction(settings) as session:
        session.query(Message).one().text = "not committed"
        session.flush()
        backup(settings, tmp_path / "all.tar.gz", with_keys=False, tell=quiet)
    new = elsewhere(settings, tmp_path / "new")
    restore(new, tmp_path / "all.tar.gz", force=False, tell=quiet)
    with database.reading(new) as session:
        assert session.query(Message).one().text == WORDS["message"]
    database.dispose(new)


def test_keys_are_only_in_the_archive_when_asked_for(settings, her, tmp_path):
    (settings.folder / "chat.key").write_bytes(b"k" * 32)
    backup(settings, tmp_path / "without.tar.gz", with_keys=False, tell=quiet)
    backup(settings, tmp_path / "with.tar.gz", with_keys=True, tell=quiet)
    names = {}
    for name in ("without", "with"):
        with tarfile.open(tmp_path / f"{name}.tar.gz") as archive:
            names[name] = archive.getnames()
            archive.extractall(tmp_path / name)
    assert "keys/chat.key" in names["with"]
    assert not [name for name in names["without"] if "key" in name]
    files = [path for path in (tmp_path / "with").rglob("*") if path.is_file()]
    assert len(files) >= 5 and search.search_files(files, WORDS.values()).found == {}


@pytest.mark.parametrize("place", [100, -200])
def test_a_damaged_archive_changes_nothing(settings, her, tmp_path, place):
    archive = tmp_path / "all.tar.gz"
    backup(settings, archive, with_keys=False, tell=quiet)
    data = bytearray(archive.read_bytes())
    data[place] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(BackupError):
        restore(elsewhere(settings, tmp_path / "new"), archive, force=True, tell=quiet)
    assert not (tmp_path / "new").exists()


def test_an_archive_is_never_overwritten(settings, her, tmp_path):
    backup(settings, tmp_path / "all.tar.gz", with_keys=False, tell=quiet)
    with pytest.raises(FileExistsError):
        backup(settings, tmp_path / "all.tar.gz", with_keys=False, tell=quiet)
