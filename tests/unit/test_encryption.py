import base64
import stat

import pytest
from care.conftest import settings  # noqa: F401
from sqlalchemy import text

from bot import encryption
from bot.care import database
from bot.care.models import Patient
from bot.encryption import EncryptionError, Keyring, load_keyring

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def test_what_is_sealed_opens_again_and_never_looks_the_same_twice():
    ring = Keyring([OLD])
    first, second = ring.encrypt("+44 7700 900123 ü"), ring.encrypt("+44 7700 900123 ü")
    assert first != second and "7700" not in first
    assert ring.decrypt(first).decode() == ring.decrypt(second).decode() == "+44 7700 900123 ü"


def test_an_older_key_still_opens_and_the_first_one_seals():
    before = Keyring([OLD]).encrypt("old")
    rotated = Keyring([NEW, OLD])
    assert rotated.decrypt(before) == b"old"
    assert Keyring([NEW]).decrypt(rotated.encrypt("new")) == b"new"
    with pytest.raises(EncryptionError, match="needs the key"):
        Keyring([NEW]).decrypt(before)


@pytest.mark.parametrize("change", [lambda s: s[:-2] + "AA", lambda s: "v1.x", lambda s: "plain"])
def test_a_changed_ciphertext_is_refused(change):
    ring = Keyring([OLD])
    with pytest.raises(EncryptionError):
        ring.decrypt(change(ring.encrypt("a telephone number")))


def test_the_key_file_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    sealed = load_keyring(tmp_path, {}).encrypt("x")
    assert load_keyring(tmp_path, {}).decrypt(sealed) == b"x"
    mode = stat.S_IMODE((tmp_path / "encryption.key").stat().st_mode)
    assert mode == 0o600


@pytest.mark.parametrize("value", ["nonsense", base64.b64encode(b"short").decode()])
def test_a_wrong_key_is_named_with_the_fix(tmp_path, value):
    with pytest.raises(EncryptionError, match="BOT_ENCRYPTION_KEY"):
        load_keyring(tmp_path, {"BOT_ENCRYPTION_KEY": value})


def test_an_encrypted_column_holds_no_clear_text(settings):  # noqa: F811
    with database.transaction(settings) as session:
        session.add(Patient(channel="sms", conversation_id="a", address="+447700900123"))
    with database.reading(settings) as session:
        stored = session.execute(text("SELECT address FROM patients")).scalar_one()
        assert session.query(Patient).one().address == "+447700900123"
    assert "7700" not in stored and encryption.decrypt(stored) == "+447700900123"
