"""Session tokens: who may write to and read from which conversation."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping, Optional, Tuple

#: Seconds after its end in which a token may still be exchanged for a new one.
RENEWABLE = 30 * 24 * 3600
#: The environment variable with the key that several machines share.
KEY_VARIABLE = "BOT_CHAT_KEY"

_VERSION = "v1"
_KEY_BYTES = 32
_LONGEST = 512


@dataclass(frozen=True)
class Session:
    """A conversation and until when (seconds since 1970) its token is good."""

    conversation: str
    expires: int


class SessionTokens:
    """Issues and checks tokens signed with HMAC-SHA256 and a key that only this machine has."""

    def __init__(
        self, key: bytes, lifetime: int = 24 * 3600, clock: Callable[[], float] = time.time
    ) -> None:
        """``lifetime`` is in seconds. Raises ValueError when the key is too short to be safe."""
        if len(key) < _KEY_BYTES:
            raise ValueError(f"The session key has {len(key)} bytes; it needs {_KEY_BYTES}.")
        self._key, self.lifetime, self._clock = key, lifetime, clock

    def issue(self) -> Tuple[str, Session]:
        """Return a token for a new conversation with an unguessable id, and its session."""
        return self._sealed(secrets.token_urlsafe(16))

    def renew(self, token: Optional[str]) -> Optional[Tuple[str, Session]]:
        """Return a fresh token for the conversation of ``token`` and its session.

        A token may be renewed until RENEWABLE after its end. None for anything else.
        """
        session = self._opened(token)
        if session is None or session.expires + RENEWABLE <= self._clock():
            return None
        return self._sealed(session.conversation)

    def check(self, token: Optional[str]) -> Optional[Session]:
        """Return the session of a valid token, or None for anything else."""
        session = self._opened(token)
        return session if session and session.expires > self._clock() else None

    def _sealed(self, conversation: str) -> Tuple[str, Session]:
        session = Session(conversation, int(self._clock()) + self.lifetime)
        payload = _encode(json.dumps([session.conversation, session.expires]).encode())
        return f"{_VERSION}.{payload}.{_encode(self._sign(payload))}", session

    def _opened(self, token: Optional[str]) -> Optional[Session]:
        if not token or len(token) > _LONGEST or not token.isascii():
            return None
        version, _, rest = token.partition(".")
        payload, _, signature = rest.partition(".")
        try:
            if version != _VERSION or not hmac.compare_digest(
                _decode(signature), self._sign(payload)
            ):
                return None
            conversation, expires = json.loads(_decode(payload))
        except (ValueError, TypeError, binascii.Error):
            return None
        return Session(conversation, expires)

    def _sign(self, payload: str) -> bytes:
        return hmac.new(self._key, f"{_VERSION}.{payload}".encode(), hashlib.sha256).digest()


def load_key(path: Path, environment: Optional[Mapping[str, str]] = None) -> bytes:
    """Return the key in BOT_CHAT_KEY, or else the one in ``path``.

    The file is made on the first call, readable by its owner only. Raises OSError when the folder
    cannot be written, ValueError when the variable or the file is no key.
    """
    shared = (os.environ if environment is None else environment).get(KEY_VARIABLE)
    if shared:
        return _shared_key(shared)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A finished file is linked into place, so that a second process never reads half a key.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink()
    key = path.read_bytes()
    if len(key) < _KEY_BYTES:
        raise ValueError(f"{path} is no session key. Delete it; a new one is made at the start.")
    return key


def _shared_key(text: str) -> bytes:
    try:
        key = _decode(text.strip().rstrip("="))
    except (ValueError, binascii.Error):
        key = b""
    if len(key) < _KEY_BYTES:
        raise ValueError(
            f"{KEY_VARIABLE} is no key; make one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`."
        )
    return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
