"""Random secrets in files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bot.settings import Settings

ACTION_SECRET_VARIABLE = "ACTION_ENDPOINT_SECRET"


def read_or_create(path: Path) -> str:
    """Return the secret kept in ``path``, making one (mode 0600) if there is none.

    Raises OSError when the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        secret = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _create(path)
    return secret or replace(path)


def replace(path: Path) -> str:
    """Put a new secret into ``path`` (mode 0600) in one step and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(32)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_private(draft, secret)
    os.replace(draft, path)
    return secret


def action_secret(settings: Settings) -> str:
    """Return the secret that Rasa sends in ``X-Action-Secret`` when it calls an action.

    It is that of ``ACTION_ENDPOINT_SECRET``, which several machines share, or else one that this
    machine keeps in a file.
    """
    shared = os.environ.get(ACTION_SECRET_VARIABLE, "").strip()
    return shared or read_or_create(settings.folder / "action-secret")


def _create(path: Path) -> str:
    secret = secrets.token_urlsafe(32)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_private(draft, secret)
    try:
        # A link, unlike a rename, fails when another process was first; its secret then counts.
        os.link(draft, path)
        return secret
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()


def _write_private(path: Path, secret: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret)
