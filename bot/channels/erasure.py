"""Deletes what this service keeps of one web conversation, and asks care to do its part."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.care import audit
from bot.care.database import transaction
from bot.care.models import Episode, Patient
from bot.channels.requests import Refused
from bot.channels.safe_text import call_line
from bot.channels.store import MessageStore
from bot.settings import Settings

logger = logging.getLogger(__name__)

#: What the audit says when a patient wants her conversation gone; care then decides what the law
#: wants kept (responses.md M-41).
ERASURE_ASKED = "erasure asked by patient"


async def erase(settings: Settings, agent: Any, store: MessageStore, conversation: str) -> bool:
    """Delete the web record and Rasa's events of a conversation.

    Returns whether care keeps a part. Raises Refused while an episode is open: the safety part
    comes first (M-41).
    """
    kept = await asyncio.to_thread(_ask_care, settings, conversation)
    try:
        if agent is not None:
            async with agent.lock_store.lock(conversation):
                await _conversations(agent.tracker_store).erase(conversation)
        await asyncio.to_thread(store.delete, conversation)
    except (SQLAlchemyError, OSError) as error:
        logger.error("A chat could not be deleted: %s", type(error).__name__)
        raise _not_now() from error
    return kept


def _ask_care(settings: Settings, conversation: str) -> bool:
    try:
        with transaction(settings) as session:
            patient = session.execute(
                select(Patient.id).where(
                    Patient.channel == "web", Patient.conversation_id == conversation
                )
            ).scalar_one_or_none()
            if patient is None:
                return False
            count = select(func.count()).where(Episode.patient_id == patient)
            if session.execute(count.where(Episode.closed_at.is_(None))).scalar():
                raise Refused(
                    409,
                    "episode_open",
                    "A nurse is still looking after what you wrote, so it cannot be deleted yet. "
                    f"Please ask again when that is done. In an emergency: "
                    f"{call_line(settings.region)}",
                )
            kept = bool(session.execute(count).scalar())
            audit.record(session, actor="patient", action=ERASURE_ASKED, patient_id=str(patient))
            return kept
    except SQLAlchemyError as error:
        logger.error("Care could not be asked to erase: %s", type(error).__name__)
        raise _not_now() from error


def _not_now() -> Refused:
    return Refused(503, "not_deleted", "It could not be deleted now. Please try again.", 30)


def _conversations(tracker_store: Any) -> Any:
    """Return the store that Rasa may have wrapped into others."""
    while not hasattr(tracker_store, "erase"):
        tracker_store = tracker_store._tracker_store
    return tracker_store
