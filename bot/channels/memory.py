"""What care may change in Rasa's memory of a conversation, under the conversation's lock."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict, Mapping, Optional

from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.requests import Refused
from bot.triage.episode import lower
from bot.triage.vocabulary import Level


async def set_nurse(agent: Any, conversation: str, nurse: Optional[str]) -> bool:
    """Set or clear who answers instead of the bot; return whether that changed.

    Raises Refused for an unknown conversation and while Rasa is starting.
    """
    async with _tracker(agent, conversation) as tracker:
        if tracker.get_slot("nurse_present") == nurse:
            return False
        tracker.update(SlotSet("nurse_present", nurse))
    return True


async def expect_check_in(agent: Any, conversation: str) -> None:
    """Remember that the next message may answer a check-in (M-36).

    Raises Refused for an unknown conversation and while Rasa is starting.
    """
    async with _tracker(agent, conversation) as tracker:
        tracker.update(SlotSet("check_in_open", "yes"))


async def set_level(agent: Any, conversation: str, level: Level) -> bool:
    """Lower the level of the conversation's episode (G-03); return whether that changed anything.

    Raises Refused for an unknown conversation and while Rasa is starting.
    """
    async with _tracker(agent, conversation) as tracker:
        state, before = tracker.get_slot("episode"), tracker.get_slot("triage_level")
        if state is None or before not in Level.__members__ or Level[before] <= level:
            return False
        for name, value in after_lowering(state, level).items():
            tracker.update(SlotSet(name, value))
    return True


async def close_episode(agent: Any, conversation: str) -> None:
    """Remember that a nurse closed the episode: what was told so far holds no level up any more.

    A conversation that Rasa does not know has nothing to remember. Raises Refused while Rasa is
    starting.
    """
    try:
        async with _tracker(agent, conversation) as tracker:
            state = tracker.get_slot("episode")
            for name, value in after_closing(state).items() if state else ():
                tracker.update(SlotSet(name, value))
    except Refused as refused:
        if refused.status != 404:
            raise


def after_lowering(state: Mapping[str, Any], level: Level) -> Dict[str, Any]:
    """Return the slots of a conversation after a nurse set ``level``."""
    slots: Dict[str, Any] = {"episode": lower(state, level), "triage_level": level.name}
    if level is not Level.EMERGENCY_NOW:
        slots.update(emergency_open="no", called=None)
    return slots


def after_closing(state: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the slots of a conversation after a nurse closed its episode.

    What she told still completes a rule together with something new, and contacts go on counting
    (G-18). The next alert is told to her as a new one.
    """
    slots = after_lowering(state, Level.SELF_CARE)
    return {**slots, "emergency_kind": None, "nurse_told": None, "findings": None}


@asynccontextmanager
async def _tracker(agent: Any, conversation: str) -> AsyncIterator[DialogueStateTracker]:
    """Give the tracker of a conversation and save what was changed in it."""
    if agent is None or not agent.is_ready():
        raise Refused(503, "starting", "The conversations are not loaded yet.")
    async with agent.lock_store.lock(conversation):
        if not await agent.tracker_store.exists(conversation):
            raise Refused(404, "no_conversation", "There is no such conversation.")
        tracker = await agent.processor.get_tracker(conversation)
        before = len(tracker.events)
        yield tracker
        if len(tracker.events) > before:
            await agent.tracker_store.save(tracker)
