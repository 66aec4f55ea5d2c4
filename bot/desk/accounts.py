"""Accounts of the desk: added, changed and removed by the operator or an admin.

Removing an account or changing what it may do ends its sessions at once.
"""

from __future__ import annotations

from typing import List, Optional

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.care import audit, database
from bot.care.models import DeskSession, NurseAccount, SignInFailure
from bot.desk.roles import ROLES
from bot.settings import Settings

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256

_hasher = PasswordHasher()


def add_user(
    settings: Settings, name: str, password: str, role: str, *, by: str = "operator"
) -> None:
    """Create an account for the desk.

    Raises ValueError, with a sentence that says what to change, for a name that is empty, too long
    or taken, for a weak password and for an unknown role.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise ValueError("Use a name of 1 to 60 characters.")
    _check_role(role)
    _check_password(name, password)
    hashed = _hasher.hash(password)
    with database.transaction(settings) as session:
        if find_account(session, name) is not None:
            raise ValueError(f"There is an account named {name} already.")
        session.add(
            NurseAccount(name=name, name_key=name_key(name), password_hash=hashed, role=role)
        )
        audit.record(session, actor=by, action="account added", name=name, role=role)


def list_accounts(session: Session) -> List[NurseAccount]:
    """Return all accounts by name."""
    return list(session.execute(select(NurseAccount).order_by(NurseAccount.name_key)).scalars())


def change_role(settings: Settings, account_id: int, role: str, *, by: str) -> None:
    """Give an account another role.

    Raises LookupError for an unknown account, and ValueError for an unknown role and for the last
    admin.
    """
    _check_role(role)
    with database.transaction(settings) as session:
        account = _locked(session, account_id)
        if role != "admin":
            _keep_one_admin(session, account)
        account.role = role
        _end_sessions(session, account.name)
        audit.record(session, actor=by, action="role changed", name=account.name, role=role)


def change_password(settings: Settings, account_id: int, password: str, *, by: str) -> None:
    """Give an account another password, and lift its lock-out.

    Raises LookupError for an unknown account and ValueError for a weak password.
    """
    hashed = _hasher.hash(password[: LONGEST_PASSWORD + 1])
    with database.transaction(settings) as session:
        account = _locked(session, account_id)
        _check_password(account.name, password)
        account.password_hash = hashed
        _end_sessions(session, account.name)
        session.execute(delete(SignInFailure).where(SignInFailure.key == lock_key(account.name)))
        audit.record(session, actor=by, action="password changed", name=account.name)


def remove_account(settings: Settings, account_id: int, *, by: str) -> None:
    """Remove an account; what it did stays in the audit record.

    Raises LookupError for an unknown account and ValueError for the last admin.
    """
    with database.transaction(settings) as session:
        account = _locked(session, account_id)
        _keep_one_admin(session, account)
        _end_sessions(session, account.name)
        session.delete(account)
        audit.record(session, actor=by, action="account removed", name=account.name)


def find_account(session: Session, name: str) -> Optional[NurseAccount]:
    """Return the account of a name without regard to case and spaces, or None."""
    return session.execute(
        select(NurseAccount).where(NurseAccount.name_key == name_key(name))
    ).scalar_one_or_none()


def matches(password_hash: str, password: str) -> bool:
    """Return whether a password belongs to a hash. Takes a tenth of a second on purpose."""
    try:
        return _hasher.verify(password_hash, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def name_key(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return " ".join(name.split()).casefold()[:80]


def lock_key(name: str) -> str:
    """Return the key under which failed sign-ins with a name are counted."""
    return f"name:{name_key(name)}"[:200]


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ValueError(f"role is {role!r}; use one of {', '.join(ROLES)}.")


def _check_password(name: str, password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(f"Use a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise ValueError("Use a password that is not one repeated pattern and not the name.")


def _locked(session: Session, account_id: int) -> NurseAccount:
    account = session.get(NurseAccount, account_id, with_for_update=True)
    if account is None:
        raise LookupError("There is no such account.")
    return account


def _keep_one_admin(session: Session, account: NurseAccount) -> None:
    admins = session.execute(
        select(func.count(NurseAccount.id)).where(NurseAccount.role == "admin")
    ).scalar_one()
    if account.role == "admin" and admins == 1:
        raise ValueError("This is the last admin. Make somebody else an admin first.")


def _end_sessions(session: Session, name: str) -> None:
    session.execute(
        delete(DeskSession)
        .where(DeskSession.nurse == name)
        .execution_options(synchronize_session=False)
    )
