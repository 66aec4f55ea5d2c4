"""Notifications to a program of the hospital: signed JSON. docs/webhook.md is the manual."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Dict

from bot.care import http
from bot.care.clock import now
from bot.care.ladder import Address
from bot.care.notification import Notification
from bot.observability import correlation

#: ``webhook+https://…`` in escalation.yml is posted to ``https://…``.
SCHEME = "webhook+"
TIMESTAMP_HEADER = "X-B12-Timestamp"
SIGNATURE_HEADER = "X-B12-Signature"


def send(address: Address, notification: Notification) -> None:
    """Post the notification. Raises PermanentFailure or TemporaryFailure."""
    body = json.dumps(payload(notification), ensure_ascii=False).encode("utf-8")
    timestamp = str(int(now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": notification.reference,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signature(address.secret, timestamp, body),
    }
    if correlation.current():
        headers[correlation.HEADER] = str(correlation.current())
    http.post(address.url[len(SCHEME) :], content=body, headers=headers, what="webhook")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return ``v1=`` and the hexadecimal HMAC-SHA256 over timestamp, a full stop and body."""
    signed = timestamp.encode("ascii") + b"." + body
    return "v1=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def payload(notification: Notification) -> Dict[str, Any]:
    """Return the body as data. ``patient_text`` is there only if the operator switched it on."""
    content: Dict[str, Any] = {
        "reference": notification.reference,
        "alert_id": notification.alert_id,
        "kind": notification.kind,
        "level": notification.level.name,
        "title": notification.title,
        "link": notification.link,
        "raised_at": notification.raised_at.isoformat(),
    }
    if notification.patient_text is not None:
        content["patient_text"] = notification.patient_text
    return content
