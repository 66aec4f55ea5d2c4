"""Whether an alert is still as a nurse saw it when she filled in a form.

The version of an alert is the id of the last thing that a person or the triage did to it. A form
brings back the version it was made for; what others did since is told instead of overwritten.
"""

from __future__ import annotations

from typing import List, Optional

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.care import audit
from bot.care.models import Alert, AuditEvent
from bot.desk.timeline import describe

#: What changes an alert in a way that a nurse must know before she acts. Notes and words to the
#: patient only add to it, so they stop nobody.
CHANGES = (
    audit.LEVEL_RAISED,
    audit.LEVEL_LOWERED,
    audit.ACKNOWLEDGED,
    audit.LAPSED,
    audit.ASSIGNED,
    audit.TAKEN_OVER,
    audit.HANDED_BACK,
    audit.LEFT,
    audit.CLOSED,
)
#: Those of them that no person did.
_OF_SERVICE = (audit.LEVEL_RAISED, audit.LAPSED, audit.LEFT)


class ChangedMeanwhile(ValueError):
    """Somebody else changed the alert first; the message says who and what."""


def version_of(session: Session, alert_id: str) -> int:
    """Return the version of an alert as it is now; 0 when nothing has changed it yet."""
    return (
        session.execute(
            select(func.max(AuditEvent.id)).where(
                AuditEvent.alert_id == alert_id, AuditEvent.action.in_(CHANGES)
            )
        ).scalar()
        or 0
    )


def check(session: Session, alert_id: str, *, seen: Optional[int], nurse: str) -> None:
    """Lock the alert and raise ChangedMeanwhile if somebody else changed it after ``seen``.

    What ``nurse`` did herself, in another window, does not count. A form without a version
    (``seen`` is None) is refused whenever anybody else has changed the alert at all.
    """
    session.execute(select(Alert.id).where(Alert.id == alert_id).with_for_update(of=Alert))
    events: List[AuditEvent] = list(
        session.execute(
            select(AuditEvent)
            .where(
                AuditEvent.alert_id == alert_id,
                AuditEvent.action.in_(CHANGES),
                AuditEvent.id > (seen or 0),
                AuditEvent.actor != nurse,
            )
            .order_by(AuditEvent.id)
        ).scalars()
    )
    if events:
        people = dict.fromkeys(event.actor for event in events if event.action not in _OF_SERVICE)
        first = f"{' and '.join(people)} was first" if people else "This alert has changed"
        what = "; ".join(describe(event) for event in events)
        raise ChangedMeanwhile(f"{first}. {what}. What you sent was not done: look again.")
