"""Hands the outbox to patients over to the Rasa service, which owns the channels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bot.care import audit, outbox
from bot.care.clock import now
from bot.care.dispatcher import OutboxWorker
from bot.care.models import Alert, Episode, OutgoingMessage
from bot.care.notification import PermanentFailure, TemporaryFailure
from bot.care.tokens import action_secret
from bot.observability import correlation

#: Where each kind of row is posted.
PATHS = {
    "text": "/internal/push",
    "check-in": "/internal/push",
    "take-over": "/internal/take-over",
    "level": "/internal/level",
    "handed-back": "/internal/emergency-over",
    "closed": "/internal/emergency-over",
}
#: Seconds for one answer; the channel's own provider may be slow.
ANSWER_SECONDS = 20.0
#: Client errors that a later attempt may not meet: the service is starting, or is busy.
_LATER = frozenset({404, 408, 409, 425, 429})


@dataclass(frozen=True)
class Push:
    """One row to hand over. Its content stays in memory only."""

    row_id: int
    path: str
    content: Dict[str, Any]
    attempt: int


class PatientDispatcher(OutboxWorker):
    """Posts nurses' words, take-overs and lowered levels, in order for each patient."""

    name = "patient dispatcher"
    outbox_name = "patients"
    table = OutgoingMessage

    def claim(self, session: Session, limit: int) -> List[Push]:
        """Claim due rows; of one patient only the oldest, so that her messages keep their order."""
        earlier = aliased(OutgoingMessage)
        waits = select(earlier.id).where(
            earlier.patient_id == OutgoingMessage.patient_id,
            earlier.id < OutgoingMessage.id,
            earlier.state.in_(("due", "sending")),
        )
        rows = outbox.claim_rows(
            session,
            OutgoingMessage,
            owner=self._owner,
            at=now(),
            limit=limit,
            order=(OutgoingMessage.id,),
            where=(~waits.exists(),),
        )
        return [Push(row.id, PATHS[row.kind], _content(row), row.attempts) for row in rows]

    def attempt(self, claim: Push) -> None:
        """Post one row. Raises PermanentFailure with the reason the service gave, for never."""
        url = self._settings.patient_service + claim.path
        # The same at every attempt and on both sides.
        id = correlation.begin(hashlib.sha256(claim.content["key"].encode()).hexdigest()[:32])
        headers = {"X-Action-Secret": action_secret(self._settings), correlation.HEADER: id}
        try:
            answer = httpx.post(
                url, json=claim.content, headers=headers, timeout=ANSWER_SECONDS, trust_env=False
            )
        except httpx.HTTPError as error:
            raise TemporaryFailure(
                f"The chat service does not answer ({type(error).__name__})."
            ) from error
        if answer.is_success:
            return
        reason = _reason(answer)
        # Without a sentence of its own, a 404 is no unknown conversation but a missing address.
        if 400 <= answer.status_code < 500 and (reason or answer.status_code not in _LATER):
            raise PermanentFailure(reason or f"Refused (status {answer.status_code}).")
        raise TemporaryFailure(f"The chat service answered with status {answer.status_code}.")

    def succeeded(self, session: Session, claim: Push) -> None:
        """Record that the service has it."""
        row = _locked(session, claim)
        outbox.finish(row, at=now())
        if row.kind == "text":
            self._record(session, row, audit.REACHED_PATIENT)

    def failed(self, session: Session, claim: Push, reason: str, *, permanent: bool) -> None:
        """Put it back with a later time, or list it for the desk."""
        row = _locked(session, claim)
        if outbox.put_back(
            row, attempt=claim.attempt, at=now(), reason=reason, permanent=permanent
        ) and (row.state == "failed" or claim.attempt == 1):
            self._record(session, row, audit.PATIENT_NOT_REACHED, reason=reason[:300])

    def _record(self, session: Session, row: OutgoingMessage, action: str, **details: Any) -> None:
        alert_id = session.execute(
            select(Alert.id)
            .join(Alert.episode)
            .where(Episode.patient_id == row.patient_id)
            .order_by(Alert.created_at.desc())
            .limit(1)
        ).scalar_one_or_none()
        audit.record(
            session,
            actor=self.name,
            action=action,
            alert_id=alert_id,
            message=row.id,
            kind=row.kind,
            state=row.state,
            **details,
        )


def _content(row: OutgoingMessage) -> Dict[str, Any]:
    content: Dict[str, Any] = {
        "channel": row.patient.channel,
        "conversation_id": row.patient.conversation_id,
        "key": row.key,
    }
    if row.kind == "take-over":
        return {**content, "nurse": row.author_name}
    if row.kind == "level":
        return {**content, "level": row.level.name}
    if row.kind in ("handed-back", "closed"):
        return {**content, "closed": row.kind == "closed"}
    words = {
        **content,
        "text": row.text,
        "author": row.author,
        "author_name": row.author_name,
        "buttons": [{"title": title} for title in row.buttons],
    }
    return {**words, "check_in": True} if row.kind == "check-in" else words


def _locked(session: Session, claim: Push) -> OutgoingMessage:
    return session.execute(
        select(OutgoingMessage)
        .where(OutgoingMessage.id == claim.row_id)
        .with_for_update(of=OutgoingMessage)
    ).scalar_one()


def _reason(answer: httpx.Response) -> Optional[str]:
    try:
        body = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    if not isinstance(body, dict):
        return None
    found = next((body[name] for name in ("reason", "error", "detail") if name in body), None)
    return str(found)[:300] if found else None
