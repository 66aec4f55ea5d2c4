"""What staff are told of an alert: a level and a link, unless the operator wants more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Mapping, Optional, Tuple

from bot.care.ladders import NO_ANSWER, REMINDER, SILENT
from bot.care.models import Alert
from bot.triage.vocabulary import Level

_TITLES: Mapping[Level, str] = {
    Level.EMERGENCY_NOW: "EMERGENCY: a patient needs a nurse now",
    Level.URGENT_SAME_DAY: "Same day: a patient needs a nurse today",
    Level.ROUTINE: "Routine: a patient asks for a call-back",
    Level.SELF_CARE: "For information: a patient wrote",
}
_KIND_TITLES: Mapping[str, str] = {
    REMINDER: "REMINDER: you acknowledged this alert and nothing has happened since",
    SILENT: "Call back: a patient went silent after emergency advice",
    NO_ANSWER: "Call back: a patient with an open ticket did not answer a check-in",
}


class PermanentFailure(Exception):
    """Trying again cannot help; the message says what the operator has to fix."""


class TemporaryFailure(Exception):
    """The service refused or did not answer; a later attempt may succeed."""


@dataclass(frozen=True)
class Notification:
    """One notification. ``patient_text`` is None unless the operator switched it on."""

    alert_id: str
    level: Level
    kind: str
    link: str
    reference: str
    pseudonym: str
    raised_at: datetime
    rules: Tuple[str, ...] = ()
    patient_text: Optional[str] = None

    @classmethod
    def about(
        cls,
        alert: Alert,
        *,
        kind: str,
        level: Level,
        reference: str,
        link: str,
        with_text: bool,
    ) -> Notification:
        """Return the notification of an alert; her words are left out unless ``with_text``."""
        return cls(
            alert_id=alert.id,
            level=level,
            kind=kind,
            link=link,
            reference=reference,
            pseudonym=alert.episode.patient.pseudonym,
            raised_at=alert.level_since,
            rules=tuple(alert.assessment.rules),
            patient_text=alert.assessment.message.text if with_text else None,
        )

    @property
    def title(self) -> str:
        """Return the subject line."""
        return _KIND_TITLES.get(self.kind, _TITLES[self.level])

    @property
    def body(self) -> str:
        """Return the message itself."""
        words = "" if self.patient_text is None else f"She wrote: {self.patient_text}\n\n"
        return (
            f"{words}Open the alert on the nurse desk:\n{self.link}\n\nReference: {self.reference}"
        )
