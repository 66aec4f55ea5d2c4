"""How far an alert is on its ladder: who was told, and when the next ones are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care.models import Alert, LadderStep


@dataclass(frozen=True)
class Ladder:
    """Where an alert stands. ``next_at`` is None when nobody further is to be told."""

    started_at: Optional[datetime] = None
    next_at: Optional[datetime] = None
    #: Whom the next step is for, in the words of the settings: a role or a person.
    next_who: str = ""
    told: Tuple[str, ...] = ()
    steps_taken: int = 0


def ladders(session: Session, alerts: Sequence[Alert]) -> Mapping[str, Ladder]:
    """Return the ladder of each alert by the alert's id."""
    rounds = {alert.id: alert.ladder_round for alert in alerts}
    steps: Dict[str, List[LadderStep]] = {alert_id: [] for alert_id in rounds}
    ids = list(rounds)
    for start in range(0, len(ids), 500):
        for step in session.execute(
            select(LadderStep)
            .where(LadderStep.alert_id.in_(ids[start : start + 500]))
            .order_by(LadderStep.number)
        ).scalars():
            if step.round == rounds[step.alert_id]:
                steps[step.alert_id].append(step)
    return {alert.id: _ladder(alert, steps[alert.id]) for alert in alerts}


def _who(alert: Alert, number: int) -> str:
    tiers = (alert.ladder or {}).get("tiers") or []
    if not tiers:
        return "next people"
    return str(tiers[number - 1]["who"]) if number <= len(tiers) else "everybody again"


def _ladder(alert: Alert, steps: Sequence[LadderStep]) -> Ladder:
    taken = [step for step in steps if step.state == "sent"]
    due = [step for step in steps if step.state == "due"]
    told: Dict[str, None] = {}
    for step in taken:
        told.update(dict.fromkeys(step.recipients))
    return Ladder(
        started_at=steps[0].planned_at if steps else alert.level_since,
        next_at=due[0].due_at if due else None,
        next_who=_who(alert, due[0].number) if due else "",
        told=tuple(told),
        steps_taken=len(taken),
    )
