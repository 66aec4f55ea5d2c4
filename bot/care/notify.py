"""Sends one notification to one address: Apprise, a signed webhook or a FHIR server."""

from __future__ import annotations

import logging
from typing import Optional

import apprise

from bot.care import fhir, signed_webhook
from bot.care.ladder import Address
from bot.care.ladders import LOG_RECIPIENT
from bot.care.notification import Notification, PermanentFailure, TemporaryFailure
from bot.settings import Settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

APP_NAME = "B12 Symptom Check"


def desk_address(settings: Settings) -> str:
    """Return the address under which nurses reach the desk, without a slash at the end."""
    configured = settings.service.get("desk_address") or ""
    return configured.rstrip("/") or f"http://{settings.host}:{settings.care_port}/desk"


def send(recipient: str, address: Optional[Address], notification: Notification) -> None:
    """Send now, and return only if the service of the recipient accepted it.

    Raises PermanentFailure when the settings do not allow it, TemporaryFailure otherwise. May block
    for as long as the service does: each notifier limits single reads, the caller the whole.
    """
    if recipient == LOG_RECIPIENT:
        logger.warning("%s; see %s", notification.title, notification.link)
        return
    if address is None:
        raise PermanentFailure("This recipient is no longer in escalation.yml.")
    if address.url.startswith(signed_webhook.SCHEME):
        signed_webhook.send(address, notification)
    elif address.url.startswith(fhir.SCHEME):
        fhir.send(address, notification)
    else:
        _send_by_apprise(address, notification)


def understands(address: Address) -> bool:
    """Return whether some notifier knows what to do with an address. Sends nothing."""
    if address.url.startswith((signed_webhook.SCHEME, fhir.SCHEME)):
        return True
    return bool(apprise.Apprise.instantiate(address.url, suppress_exceptions=True))


def _send_by_apprise(address: Address, notification: Notification) -> None:
    # One Apprise object per recipient: it gives one answer for all its targets. async_mode off:
    # each send has a thread of its own already. No time limit of Apprise's: it would wait for its
    # services in six threads that all sends share, so that six which hang hold up every other.
    asset = apprise.AppriseAsset(app_id=APP_NAME, async_mode=False, service_timeout=0)
    sender = apprise.Apprise(asset=asset)
    if not sender.add(address.url):
        raise PermanentFailure("The address of this recipient is not one that Apprise understands.")
    kind = (
        apprise.NotifyType.FAILURE
        if notification.level is Level.EMERGENCY_NOW
        else apprise.NotifyType.WARNING
    )
    if not sender.notify(title=notification.title, body=notification.body, notify_type=kind):
        raise TemporaryFailure("The notification service refused it or did not answer.")
