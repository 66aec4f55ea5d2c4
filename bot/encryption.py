"""Encryption of what the database must not show in the clear: AES-256-GCM, with keys that rotate.

A ciphertext reads ``v1.<key id>.<nonce and sealed text>``, so that values written under an older
key stay readable for as long as that key is listed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import JSON, Text
from sqlalchemy.types import TypeDecorator

from bot.settings import load_settings

VARIABLE = "BOT_ENCRYPTION_KEY"
FILE_NAME = "encryption.key"
KEY_BYTES = 32
_VERSION = "v1"
_NONCE_BYTES = 12
_file_lock = threading.Lock()


class EncryptionError(Exception):
    """A key is missing or malformed, or a value was not sealed by any of the keys we have."""


class Keyring:
    """One key that seals, and all keys that open."""

    def __init__(self, keys: List[bytes]) -> None:
        if not keys:
            raise EncryptionError(
                f"{VARIABLE} holds no key; make one with `openssl rand -base64 32`."
            )
        self._ciphers: Dict[str, AESGCM] = {_key_id(key): AESGCM(key) for key in keys}
        self.active = _key_id(keys[0])

    def encrypt(self, value: Union[str, bytes]) -> str:
        """Return ``value`` sealed with the first key. The same value never gives the same text."""
        data = value.encode("utf-8") if isinstance(value, str) else value
        nonce = secrets.token_bytes(_NONCE_BYTES)
        header = f"{_VERSION}.{self.active}"
        sealed = self._ciphers[self.active].encrypt(nonce, data, header.encode("ascii"))
        return f"{header}.{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def decrypt(self, sealed: str) -> bytes:
        """Return what was sealed. Raises EncryptionError for a changed text or an unknown key."""
        try:
            version, key_id, body = sealed.split(".")
            data = base64.urlsafe_b64decode(body.encode("ascii"))
        except ValueError as error:
            raise EncryptionError("A stored value is not a ciphertext of ours.") from error
        cipher = self._ciphers.get(key_id)
        if version != _VERSION or cipher is None:
            raise EncryptionError(
                f"A stored value needs the key {key_id!r}; add it to {VARIABLE} or {FILE_NAME}."
            )
        try:
            return cipher.decrypt(
                data[:_NONCE_BYTES], data[_NONCE_BYTES:], f"{version}.{key_id}".encode("ascii")
            )
        except (InvalidTag, ValueError) as error:
            raise EncryptionError("A stored value was changed, or its key is wrong.") from error


def load_keyring(folder: Path, environment: Optional[Mapping[str, str]] = None) -> Keyring:
    """Return the keys of ``BOT_ENCRYPTION_KEY``, or else of ``encryption.key`` in the folder.

    Both hold base64 keys of 32 bytes, the sealing one first: separated by commas in the variable,
    one a line in the file. The file is made (mode 0600) when neither exists. Raises
    EncryptionError for a malformed key, OSError when the folder cannot be written.
    """
    environment = os.environ if environment is None else environment
    given = environment.get(VARIABLE, "").strip()
    if given:
        return Keyring([_read_key(part, VARIABLE) for part in given.split(",")])
    path = folder / FILE_NAME
    with _file_lock:
        text = _read_or_create(path)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return Keyring([_read_key(line, path.name) for line in lines])


def keyring() -> Keyring:
    """Return the keys of this process, from the variable or the file in the settings' folder.

    A changed file is read again, so that a new key holds in every process at once.
    """
    if os.environ.get(VARIABLE, "").strip():
        return _keys_of_variable(os.environ[VARIABLE])
    folder = _folder()
    return _keys_of_file(folder, _stamp(folder / FILE_NAME))


@lru_cache(maxsize=1)
def _keys_of_variable(value: str) -> Keyring:
    return load_keyring(Path(), {VARIABLE: value})


@lru_cache(maxsize=1)
def _keys_of_file(folder: Path, stamp: Tuple[int, ...]) -> Keyring:
    return load_keyring(folder, {})


@lru_cache(maxsize=1)
def _folder() -> Path:
    return load_settings().folder


def _stamp(path: Path) -> Tuple[int, ...]:
    """Return what changes with a file, nothing while it does not exist."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def encrypt(value: Union[str, bytes]) -> str:
    """Return ``value`` sealed with the active key of this process."""
    return keyring().encrypt(value)


def decrypt(sealed: str) -> str:
    """Return the text that ``encrypt`` sealed. Raises EncryptionError when that is impossible."""
    return keyring().decrypt(sealed).decode("utf-8")


def decrypt_event(stored: str, keys: Optional[Keyring] = None) -> str:
    """Return a stored event of a conversation as JSON; ``keys`` saves looking for them each time.

    Events from before conversations were encrypted start with a brace and come back as they are.
    Raises EncryptionError when the key of the others is not at hand.
    """
    if stored.startswith("{"):
        return stored
    return (keys or keyring()).decrypt(stored).decode("utf-8")


class EncryptedText(TypeDecorator):
    """Text that is stored sealed and read in the clear. It cannot be searched or compared."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Optional[str], dialect: Any) -> Optional[str]:
        """Return the ciphertext to store."""
        return None if value is None else encrypt(value)

    def process_result_value(self, value: Optional[str], dialect: Any) -> Optional[str]:
        """Return the text in the clear. Raises EncryptionError when its key is not at hand."""
        return None if value is None else decrypt(value)


class EncryptedJson(TypeDecorator):
    """Plain data that is stored as a sealed string. It cannot be searched or compared."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Optional[str]:
        """Return the ciphertext to store."""
        return None if value is None else encrypt(json.dumps(value))

    def process_result_value(self, value: Optional[str], dialect: Any) -> Any:
        """Return the data. Raises EncryptionError when its key is not at hand."""
        return None if value is None else json.loads(decrypt(value))


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id" + key).hexdigest()[:8]


def _read_key(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_" if set("-_") & set(text) else None)
    except ValueError as error:
        raise EncryptionError(f"{source} holds a key that is not base64.") from error
    if len(key) != KEY_BYTES:
        raise EncryptionError(
            f"{source} holds a key of {len(key)} bytes; it needs {KEY_BYTES} "
            "(`openssl rand -base64 32`)."
        )
    return key


def _read_or_create(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    made = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii") + "\n"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made)
        file.flush()
        # What is sealed with a key that a power cut takes away could never be read again.
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, fails when another process was first; its key then counts.
        os.link(draft, path)
        return made
    except FileExistsError:
        return path.read_text(encoding="ascii")
    finally:
        draft.unlink()
