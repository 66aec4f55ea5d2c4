"""Tokens for programs of the hospital: what each may do, and who gave it out. Fails closed."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import FrozenSet, Iterable, List, Optional

from sqlalchemy import select

from bot.care import audit, database
from bot.care.accounts import ApiToken
from bot.care.clock import now
from bot.settings import Settings

READ, ACKNOWLEDGE, RESOLVE = "read", "acknowledge", "resolve"
#: What a token may allow. ``read`` covers list, read and stream.
SCOPES = (READ, ACKNOWLEDGE, RESOLVE)
#: Recognised by secret scanners, should one ever be committed.
_PREFIX = "b12_"


@dataclass(frozen=True)
class Caller:
    """The program behind a token."""

    name: str
    scopes: FrozenSet[str]


def add(settings: Settings, name: str, scopes: Iterable[str]) -> str:
    """Make a token and return it. It is shown this once; only its hash is kept.

    Raises ValueError, with a sentence that says what to change, for a name that is empty, too long
    or taken, and for a scope that does not exist.
    """
    wanted = list(dict.fromkeys(scopes))
    if not re.fullmatch(r"[\w .-]{1,30}", name) or not name.strip():
        raise ValueError("Use a name of 1 to 30 letters, digits, spaces, dots and dashes.")
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise ValueError(f"Give at least one scope of {', '.join(SCOPES)}.")
    token = _PREFIX + secrets.token_urlsafe(32)
    with database.transaction(settings) as session:
        if session.execute(select(ApiToken.id).where(ApiToken.name == name)).first():
            raise ValueError(f"There is a token named {name} already.")
        session.add(ApiToken(name=name, token_hash=_digest(token), scopes=wanted))
        audit.record(session, actor="operator", action="token added", name=name, scopes=wanted)
    return token


def revoke(settings: Settings, name: str) -> None:
    """End a token now; streams under way end within seconds. Raises LookupError without one."""
    with database.transaction(settings) as session:
        found = session.execute(
            select(ApiToken).where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        ).scalar_one_or_none()
        if found is None:
            raise LookupError(f"There is no valid token named {name}.")
        found.revoked_at = now()
        audit.record(session, actor="operator", action="token revoked", name=name)


def listed(settings: Settings) -> List[ApiToken]:
    """Return all tokens, the oldest first, without what would open anything."""
    with database.reading(settings) as session:
        return list(session.execute(select(ApiToken).order_by(ApiToken.id)).scalars())


def caller(settings: Settings, token: str) -> Optional[Caller]:
    """Return who brought the token, or None when it is unknown or revoked."""
    with database.reading(settings) as session:
        # Looked up by its hash: how long that takes says nothing about the token.
        found = session.execute(
            select(ApiToken).where(
                ApiToken.token_hash == _digest(token), ApiToken.revoked_at.is_(None)
            )
        ).scalar_one_or_none()
    return None if found is None else Caller(found.name, frozenset(found.scopes))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
