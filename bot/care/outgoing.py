"""The outbox to patients: words of a nurse or the bot, take-overs, lowered levels and endings.

Rows are written in the caller's transaction. ``bot.care.push`` hands them to the Rasa service,
which owns the channels; care never talks to a provider.
"""

from __future__ import annotations

from typing import Iterable, Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care.models import OutgoingMessage, Patient
from bot.triage.vocabulary import Level

AUTHORS = ("nurse", "bot")
#: The longest text that every channel takes in one message, in characters.
LONGEST_TEXT = 1500


def send(
    session: Session,
    *,
    patient: Patient,
    text: str,
    author: str,
    key: str,
    author_name: Optional[str] = None,
    buttons: Iterable[str] = (),
) -> OutgoingMessage:
    """Put words for a patient into the outbox, within the caller's transaction, and return the row.

    ``author`` is ``nurse`` or ``bot``, ``author_name`` the name she sees, ``buttons`` are titles.
    ``key`` says which words these are: a second call with it returns the row of the first and
    changes nothing. Raises ValueError for an empty or too long text and for an unknown author.
    """
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise ValueError(f"Write 1 to {LONGEST_TEXT} characters.")
    if author not in AUTHORS:
        raise ValueError(f"author is {author!r}; use one of {', '.join(AUTHORS)}.")
    return _add(
        session,
        OutgoingMessage(
            patient_id=patient.id,
            kind="text",
            text=text,
            author=author,
            author_name=author_name,
            buttons=list(buttons),
            key=key,
        ),
    )


def send_check_in(
    session: Session, *, patient: Patient, text: str, buttons: Iterable[str], key: str
) -> OutgoingMessage:
    """Ask a patient how she is (M-36), within the caller's transaction; return the row.

    The conversation is told too that its next message may be the answer.
    """
    return _add(
        session,
        OutgoingMessage(
            patient_id=patient.id,
            kind="check-in",
            text=text,
            author="bot",
            buttons=list(buttons),
            key=key,
        ),
    )


def tell_take_over(
    session: Session, *, patient: Patient, nurse: Optional[str], key: str
) -> OutgoingMessage:
    """Tell the conversation that ``nurse`` answers from now on, or with None that the bot does."""
    return _add(
        session,
        OutgoingMessage(
            patient_id=patient.id, kind="take-over", author="nurse", author_name=nurse, key=key
        ),
    )


def tell_level(
    session: Session, *, patient: Patient, nurse: str, level: Level, key: str
) -> OutgoingMessage:
    """Tell the conversation's memory that a nurse set a lower level: the only way down (G-03)."""
    return _add(
        session,
        OutgoingMessage(
            patient_id=patient.id,
            kind="level",
            author="nurse",
            author_name=nurse,
            level=level,
            key=key,
        ),
    )


def tell_emergency_over(
    session: Session, *, patient: Patient, nurse: str, closed: bool, key: str
) -> OutgoingMessage:
    """Tell the conversation that a nurse has seen to its emergency; nothing is said to her.

    Its steps are pinned no more. ``closed`` says that the episode is resolved: what she writes next
    begins another one.
    """
    return _add(
        session,
        OutgoingMessage(
            patient_id=patient.id,
            kind="closed" if closed else "handed-back",
            author="nurse",
            author_name=nurse,
            key=key,
        ),
    )


def undelivered(session: Session, *, limit: int = 100) -> list[OutgoingMessage]:
    """Return what was given up and a human has to know of, newest first.

    That an emergency is over is no word for her: nobody has to call because it was not told.
    """
    return list(
        session.execute(
            select(OutgoingMessage)
            .where(
                OutgoingMessage.state == "failed",
                OutgoingMessage.kind.notin_(("handed-back", "closed")),
            )
            .order_by(OutgoingMessage.id.desc())
            .limit(limit)
        ).scalars()
    )


def _add(session: Session, message: OutgoingMessage) -> OutgoingMessage:
    known = session.execute(
        select(OutgoingMessage).where(OutgoingMessage.key == message.key)
    ).scalar_one_or_none()
    if known is not None:
        return known
    session.add(message)
    session.flush()
    return message
