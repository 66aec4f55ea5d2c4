"""What each role may do at the desk. The server asks here before it shows or changes anything."""

from __future__ import annotations

from enum import Enum
from typing import FrozenSet, Mapping


class Permission(str, Enum):
    """One thing that somebody may or may not do."""

    SEE_ALERTS = "see alerts"
    ACT = "act on alerts"
    SEE_INSIGHT = "see insight"
    EXPORT = "export figures"
    SEE_AUDIT = "see the audit record"
    MANAGE_ACCOUNTS = "manage accounts"


#: Only nurses and leads read what patients write. Nobody else needs it for their work.
PERMISSIONS: Mapping[str, FrozenSet[Permission]] = {
    "nurse": frozenset({Permission.SEE_ALERTS, Permission.ACT}),
    "lead": frozenset(
        {Permission.SEE_ALERTS, Permission.ACT, Permission.SEE_INSIGHT, Permission.EXPORT}
    ),
    "auditor": frozenset({Permission.SEE_INSIGHT, Permission.EXPORT, Permission.SEE_AUDIT}),
    "admin": frozenset({Permission.MANAGE_ACCOUNTS}),
}

ROLES = tuple(PERMISSIONS)

#: What each role is for, in the words of the accounts page.
ROLE_WORDS: Mapping[str, str] = {
    "nurse": "answers alerts",
    "lead": "answers alerts, sees figures",
    "auditor": "sees who did what, and figures; no words of patients",
    "admin": "manages accounts; no words of patients",
}

#: The page that each role begins with.
HOMES: Mapping[str, str] = {
    "nurse": "/desk",
    "lead": "/desk",
    "auditor": "/desk/audit",
    "admin": "/desk/accounts",
}


def may(role: str, permission: Permission) -> bool:
    """Return whether a role has a permission. A role that is not known has none."""
    return permission in PERMISSIONS.get(role, frozenset())
