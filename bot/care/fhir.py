"""Alerts for a FHIR R4 server: one transaction with Patient, DetectedIssue, Task and Communication.

Why these resources: docs/decisions/0011-fhir-resources.md.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping
from urllib.parse import quote

# The default package of fhir.resources 7 is R5. Hospitals run R4; R4B is its corrected form.
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.communication import Communication
from fhir.resources.R4B.detectedissue import DetectedIssue
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.task import Task

from bot.care import http
from bot.care.ladder import Address
from bot.care.notification import Notification
from bot.triage.vocabulary import Level

#: ``fhir+https://server/base`` in escalation.yml is posted to ``https://server/base``.
SCHEME = "fhir+"
MEDIA_TYPE = "application/fhir+json"
#: Names our identifiers; a server that knows an identifier updates instead of adding.
SYSTEM = "urn:b12-symptom-check"

_PRIORITY: Mapping[Level, str] = {
    Level.EMERGENCY_NOW: "stat",
    Level.URGENT_SAME_DAY: "urgent",
    Level.ROUTINE: "routine",
    Level.SELF_CARE: "routine",
}
_SEVERITY: Mapping[Level, str] = {
    Level.EMERGENCY_NOW: "high",
    Level.URGENT_SAME_DAY: "moderate",
    Level.ROUTINE: "low",
    Level.SELF_CARE: "low",
}


def send(address: Address, notification: Notification) -> None:
    """Post the alert to the server. Raises PermanentFailure or TemporaryFailure."""
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    if address.secret:
        headers["Authorization"] = f"Bearer {address.secret}"
    body = str(bundle(notification).json()).encode("utf-8")
    http.post(address.url[len(SCHEME) :], content=body, headers=headers, what="FHIR server")


def bundle(notification: Notification) -> Bundle:
    """Return the transaction for a notification, validated.

    Sending it again changes nothing: Patient and Communication are made only if their identifier is
    unknown, DetectedIssue and Task are updated, for the level may have risen.
    """
    moment = notification.raised_at.isoformat()
    patient, issue = "urn:uuid:" + _uuid(notification, "0"), "urn:uuid:" + _uuid(notification, "1")
    entries = [
        _entry(patient, "Patient", f"patient/{notification.pseudonym}", _patient, notification),
        _entry(
            issue,
            "DetectedIssue",
            f"alert/{notification.alert_id}",
            lambda n: _issue(n, patient, moment),
            notification,
            update=True,
        ),
        _entry(
            "urn:uuid:" + _uuid(notification, "2"),
            "Task",
            f"alert/{notification.alert_id}",
            lambda n: _task(n, patient, issue, moment),
            notification,
            update=True,
        ),
        _entry(
            "urn:uuid:" + _uuid(notification, "3"),
            "Communication",
            f"notification/{notification.reference}",
            lambda n: _communication(n, patient, issue, moment),
            notification,
        ),
    ]
    return Bundle.parse_obj({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _entry(
    full_url: str, kind: str, identifier: str, build: Any, about: Notification, update: bool = False
) -> Dict[str, Any]:
    query = f"identifier={quote(f'{SYSTEM}|{identifier}', safe='')}"
    request = (
        {"method": "PUT", "url": f"{kind}?{query}"}
        if update
        else {"method": "POST", "url": kind, "ifNoneExist": query}
    )
    resource = build(about)
    return {"fullUrl": full_url, "resource": resource.dict(), "request": request}


def _patient(about: Notification) -> Patient:
    return Patient.parse_obj(
        {
            "resourceType": "Patient",
            "identifier": _identifier(f"patient/{about.pseudonym}"),
            "active": True,
        }
    )


def _issue(about: Notification, patient: str, moment: str) -> DetectedIssue:
    return DetectedIssue.parse_obj(
        {
            "resourceType": "DetectedIssue",
            "identifier": _identifier(f"alert/{about.alert_id}"),
            "status": "preliminary",
            "code": {"text": f"Symptom triage: {about.level.name}"},
            "severity": _SEVERITY[about.level],
            "patient": {"reference": patient},
            "identifiedDateTime": moment,
            "evidence": [{"code": [_rule(rule) for rule in about.rules]}] if about.rules else None,
            "reference": about.link,
        }
    )


def _task(about: Notification, patient: str, issue: str, moment: str) -> Task:
    return Task.parse_obj(
        {
            "resourceType": "Task",
            "identifier": _identifier(f"alert/{about.alert_id}"),
            "status": "requested",
            "intent": "order",
            "priority": _PRIORITY[about.level],
            "code": {"text": "Nurse call-back"},
            "description": f"{about.title}. {about.link}",
            "focus": {"reference": issue},
            "for": {"reference": patient},
            "authoredOn": moment,
        }
    )


def _communication(about: Notification, patient: str, issue: str, moment: str) -> Communication:
    payload = [{"contentString": f"{about.title}. {about.link}"}]
    if about.patient_text is not None:
        payload.append({"contentString": about.patient_text})
    return Communication.parse_obj(
        {
            "resourceType": "Communication",
            "identifier": _identifier(f"notification/{about.reference}"),
            "status": "completed",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/communication-category",
                            "code": "alert",
                        }
                    ]
                }
            ],
            "priority": _PRIORITY[about.level],
            "subject": {"reference": patient},
            "about": [{"reference": issue}],
            "sent": moment,
            "payload": payload,
        }
    )


def _identifier(value: str) -> List[Dict[str, str]]:
    return [{"system": SYSTEM, "value": value}]


def _rule(rule: str) -> Dict[str, Any]:
    return {"coding": [{"system": f"{SYSTEM}:rule", "code": rule}]}


def _uuid(about: Notification, place: str) -> str:
    digits = about.alert_id[:31].ljust(31, "0") + place
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
