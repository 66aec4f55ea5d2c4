import json
import sqlite3

import pytest
from sqlalchemy import Text, cast, select

from bot import encryption
from bot.care import database
from bot.care.ladders import ladder_of
from bot.care.models import Alert, Message
from bot.encryption import decrypt
from bot.privacy import rotation
from bot.privacy.search import SEALED
from bot.privacy.stores import stores

from .conftest import WORDS, event


@pytest.fixture(autouse=True)
def keys_in_a_file(tmp_path, monkeypatch):
    """The keys of a clinic of its own, in the file of its storage folder."""
    monkeypatch.delenv("BOT_ENCRYPTION_KEY")
    monkeypatch.setenv("BOT_STORAGE_FOLDER", str(tmp_path / "var"))
    encryption._folder.cache_clear()
    yield
    encryption._folder.cache_clear()


def values(settings):
    """Return the raw values of every sealed column."""
    found = []
    for each in rotation.sealed_columns(stores(settings)):
        with each.store.reading() as connection:
            for (value,) in connection.execute(select(cast(each.column, Text))):
                found += SEALED.findall(value or "")
    return found


def rotate(settings, tell=lambda line: None):
    return rotation.rotate(settings, actor="operator test", tell=tell)


def test_everything_is_sealed_with_the_new_key_and_reads_as_before(settings, her):
    clear = json.dumps({"event": "user", "text": "from before encryption"})
    with sqlite3.connect(settings.conversation_database) as connection:
        connection.execute(
            "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES ('x','user',1,?)",
            (clear,),
        )
    connection.close()
    before = values(settings)
    opened = sorted(decrypt(value) for value in before)
    old = encryption.keyring().active
    rotate(settings)
    new = encryption.keyring().active
    after = values(settings)
    assert new != old and len(after) == len(before) + 1
    assert {value.split(".")[1] for value in after} == {new}
    assert sorted(decrypt(value) for value in after) == sorted([*opened, clear])
    with database.reading(settings) as session:
        assert session.query(Message).one().text == WORDS["message"]
        assert ladder_of(session.query(Alert).one()) is not None
    # What another process wrote with the old key meanwhile is readable for as long as it is there.
    assert all(decrypt(value) for value in before)
    assert not any(old.encode() in path.read_bytes() for path in settings.folder.glob("*.db*"))


def test_a_change_that_was_killed_goes_on_with_the_same_key(settings, her):
    for number in range(3):
        event(settings, her, f"word {number}")

    def die(line):
        if "sealed anew" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(settings, die)
    key = encryption.keyring().active
    assert len({value.split(".")[1] for value in values(settings)}) == 2
    rotate(settings)
    assert encryption.keyring().active == key
    assert {value.split(".")[1] for value in values(settings)} == {key}


def test_a_value_that_changes_meanwhile_keeps_its_change(settings, her):
    [each] = [
        each
        for each in rotation.sealed_columns(stores(settings))
        if each.column.table.name == "messages"
    ]
    rotation.add_key(settings.folder / "encryption.key")
    [batch] = rotation._batches(each)
    with database.transaction(settings) as session:
        session.query(Message).one().text = "a nurse's correction"
    original, rotation._batches = rotation._batches, lambda each: iter([batch])
    try:
        assert rotation._seal_anew(each, lambda line: None) == 0
    finally:
        rotation._batches = original
    with database.reading(settings) as session:
        assert session.query(Message).one().text == "a nurse's correction"
