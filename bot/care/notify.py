"""Sends one notification to one recipient through Apprise. Never carries patient text."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Optional

import apprise

from bot.care.alerts import LOG_RECIPIENT
from bot.settings import Recipient, Settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

APP_NAME = "B12 Symptom Check"

_TITLES = {
    Level.EMERGENCY_NOW: "EMERGENCY: a patient needs a nurse now",
    Level.URGENT_SAME_DAY: "Same day: a patient needs a nurse today",
    Level.ROUTINE: "Routine: a patient asks for a call-back",
    Level.SELF_CARE: "For information: a patient wrote",
}


class PermanentFailure(Exception):
    """Trying again cannot help; the message says what the operator has to fix."""


class TemporaryFailure(Exception):
    """The notification service refused or did not answer; a later attempt may succeed."""


@dataclass(frozen=True)
class Notification:
    """What a recipient is told: a level, a link to the desk, and a reference to spot a resend."""

    level: Level
    link: str
    reference: str

    @property
    def title(self) -> str:
        """Return the subject line."""
        return _TITLES[self.level]

    @property
    def body(self) -> str:
        """Return the message itself."""
        return f"Open the alert on the nurse desk:\n{self.link}\n\nReference: {self.reference}"


def desk_address(settings: Settings) -> str:
    """Return the address under which nurses reach the desk, without a slash at the end."""
    configured = settings.service.get("desk_address") or ""
    return configured.rstrip("/") or f"http://{settings.host}:{settings.care_port}/desk"


def send(settings: Settings, recipient: str, notification: Notification) -> None:
    """Send now, and return only if the service of the recipient accepted it.

    Raises PermanentFailure when the settings do not allow it, TemporaryFailure otherwise. May block
    for as long as the service does: Apprise limits single reads, the caller limits the whole.
    """
    if recipient == LOG_RECIPIENT:
        logger.warning("%s; see %s", notification.title, notification.link)
        return
    known = _find(settings, recipient)
    if known is None:
        raise PermanentFailure("This recipient is no longer in the settings.")
    # async_mode off: each send has a thread of its own already.
    sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id=APP_NAME, async_mode=False))
    if not sender.add(known.url):
        raise PermanentFailure("The address of this recipient is not one that Apprise understands.")
    kind = (
        apprise.NotifyType.FAILURE
        if notification.level is Level.EMERGENCY_NOW
        else apprise.NotifyType.WARNING
    )
    if not sender.notify(title=notification.title, body=notification.body, notify_type=kind):
        raise TemporaryFailure("The notification service refused it or did not answer.")


def _find(settings: Settings, name: str) -> Optional[Recipient]:
    return next((entry for entry in settings.notify if entry.name == name), None)
