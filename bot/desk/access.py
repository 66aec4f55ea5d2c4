"""Who may come in: sign-in with lock-out, sessions, the local link.

Everything fails closed: what is unknown, expired or unreadable gives no access.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import List, Optional

from argon2 import PasswordHasher
from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from bot.care import audit, database, tokens
from bot.care.clock import now
from bot.care.models import DeskSession, SignInFailure
from bot.care.notify import desk_address
from bot.desk import roles
from bot.desk.accounts import find_account, lock_key, matches
from bot.desk.roles import HOMES, Permission
from bot.settings import Settings

#: A session ends after this long without use; an open desk page counts as use, because a desk that
#: went deaf at night would be the greater danger (docs/decisions/0015).
IDLE = timedelta(minutes=60)
#: A session ends after a shift, used or not.
LONGEST_SESSION = timedelta(hours=12)
#: How long the sign-in link of one start may be used.
LINK_LIFE = timedelta(hours=12)

#: Failures in a row before a name, or a network address, has to wait.
NAME_FAILURES = 5
ADDRESS_FAILURES = 30
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)

#: Checked when there is no such account, so that the time taken does not tell.
_NOBODY = PasswordHasher().hash(secrets.token_hex(16))


class SignInRefused(Exception):
    """The name or password is wrong, or too many attempts failed; the message is for the page."""


@dataclass(frozen=True)
class Nurse:
    """Somebody who is signed in, with the token that every form has to bring back."""

    name: str
    role: str
    csrf_token: str

    @property
    def home(self) -> str:
        """Return the page this role begins with."""
        return HOMES.get(self.role, "/desk")

    def may(self, permission: Permission) -> bool:
        """Return whether this role has a permission."""
        return roles.may(self.role, permission)


def sign_in(settings: Settings, name: str, password: str, address: str) -> str:
    """Return the cookie of a new session. Raises SignInRefused otherwise.

    Unknown names are treated like known ones in every visible way.
    """
    keys = [(lock_key(name), NAME_FAILURES), (f"address:{address}", ADDRESS_FAILURES)]
    with database.reading(settings) as session:
        _refuse_if_locked(session, [key for key, _ in keys])
        account = find_account(session, name)
        password_hash = account.password_hash if account else _NOBODY
    # Outside of a transaction: this takes a tenth of a second on purpose.
    if not matches(password_hash, password) or account is None:
        with database.transaction(settings) as session:
            for key, allowed in keys:
                _count_failure(session, key, allowed)
            audit.record(session, actor="desk", action="sign-in refused", address=address)
        raise SignInRefused("The name or the password is not right.")
    with database.transaction(settings) as session:
        session.execute(delete(SignInFailure).where(SignInFailure.key == keys[0][0]))
        return new_session(session, account.name, account.role, "signed in")


def local_sign_in_link(settings: Settings) -> str:
    """Return a new link that signs in once, for the person who started the service.

    The link before it stops working. Raises OSError when the settings' folder cannot be written.
    """
    token = tokens.replace(settings.folder / "sign-in-link")
    return f"{desk_address(settings)}/local?token={token}"


def use_local_link(settings: Settings, token: str) -> str:
    """Return the cookie of a new session for the token of the local link.

    Raises SignInRefused when the token is wrong, old or used.
    """
    path = settings.folder / "sign-in-link"
    try:
        expected = path.read_text(encoding="ascii").strip()
        made_at = path.stat().st_mtime
    except OSError:
        expected, made_at = "", 0.0
    fresh = now().timestamp() - made_at < LINK_LIFE.total_seconds()
    if not (expected and fresh and _same(expected, token)):
        raise SignInRefused("This link is no longer valid. A new start of the service gives one.")
    try:
        # Only one of two at the same moment can remove the file.
        path.unlink()
    except FileNotFoundError as error:
        raise SignInRefused("This link has been used.") from error
    with database.transaction(settings) as session:
        return new_session(session, "Local nurse", "lead", "signed in by local link")


def signed_in(settings: Settings, cookie: Optional[str]) -> Optional[Nurse]:
    """Return who a cookie belongs to, or None. Counts as use of the session."""
    if not cookie:
        return None
    at = now()
    with database.reading(settings) as session:
        found = session.get(DeskSession, _digest(cookie))
    if found is None or at - found.last_seen_at > IDLE or at - found.created_at > LONGEST_SESSION:
        return None
    if at - found.last_seen_at > timedelta(minutes=1):
        with database.transaction(settings) as session:
            stored = session.get(DeskSession, found.token_hash)
            if stored is None:
                return None
            stored.last_seen_at = at
    return Nurse(name=found.nurse, role=found.role, csrf_token=found.csrf_token)


def sign_out(settings: Settings, cookie: str) -> None:
    """End the session of a cookie."""
    with database.transaction(settings) as session:
        found = session.get(DeskSession, _digest(cookie))
        if found is not None:
            session.delete(found)
            audit.record(session, actor=found.nurse, action="signed out")


def is_csrf_token(nurse: Nurse, given: str) -> bool:
    """Return whether a form brought back the token of the session that it was made for."""
    return _same(nurse.csrf_token, given)


def new_session(session: Session, name: str, role: str, action: str) -> str:
    """Return the cookie of a new session, and remove the ones that have ended.

    ``action`` is how the name was proved, for the audit record.
    """
    cookie = secrets.token_urlsafe(32)
    at = now()
    session.execute(
        delete(DeskSession)
        .where(
            or_(DeskSession.created_at < at - LONGEST_SESSION, DeskSession.last_seen_at < at - IDLE)
        )
        .execution_options(synchronize_session=False)
    )
    session.add(
        DeskSession(
            token_hash=_digest(cookie),
            csrf_token=secrets.token_urlsafe(32),
            nurse=name,
            role=role,
        )
    )
    audit.record(session, actor=name, action=action)
    return cookie


def _refuse_if_locked(session: Session, keys: List[str]) -> None:
    for key in keys:
        failure = session.get(SignInFailure, key)
        if failure is not None and failure.locked_until and failure.locked_until > now():
            minutes = max(1, round((failure.locked_until - now()).total_seconds() / 60))
            raise SignInRefused(f"Too many attempts. Try again in {minutes} min.")


def _count_failure(session: Session, key: str, allowed: int) -> None:
    failure = session.get(SignInFailure, key, with_for_update=True)
    at = now()
    if failure is None:
        failure = SignInFailure(key=key, count=0, last_at=at)
        session.add(failure)
    if at - failure.last_at > timedelta(days=1):
        failure.count = 0
    failure.count += 1
    failure.last_at = at
    over = failure.count - allowed
    if over >= 0:
        failure.locked_until = at + min(FIRST_LOCK * 2 ** min(over, 10), LONGEST_LOCK)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
