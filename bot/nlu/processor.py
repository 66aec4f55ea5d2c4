"""Keeps a message as fast at the end of a long conversation as at its beginning."""

from __future__ import annotations

from typing import List, Optional

from rasa.core.actions.action import Action, ActionSessionStart
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

#: Messages of a patient in one session of Rasa. The policies look at four turns.
SESSION_MESSAGES = 8


class BriefSessionStart(ActionSessionStart):
    """Rasa's start of a session, carrying over each slot once.

    Rasa repeats every change of a slot in the session before, so that sessions grow without end.
    """

    @staticmethod
    def _slot_set_events_from_tracker(tracker: DialogueStateTracker) -> List[SlotSet]:
        return [
            SlotSet(name, slot.value)
            for name, slot in tracker.slots.items()
            if slot.value != slot.initial_value
        ]


class ShortSessionProcessor(MessageProcessor):
    """Rasa's processor, except that a session also ends after ``SESSION_MESSAGES``.

    For each action Rasa copies the conversation by replaying all events of the session, so the time
    per message grows with the number of messages before it. A new session carries every slot over
    (domain.yml), and the tracker store then loads only what came after it.
    """

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        if tracker.active_loop_name:
            # A new session would forget the questions of a form.
            return False
        return super()._has_session_expired(tracker) or messages_in_session(tracker) >= (
            SESSION_MESSAGES
        )

    def _get_action(self, action_name: str) -> Optional[Action]:
        action = super()._get_action(action_name)
        return BriefSessionStart() if isinstance(action, ActionSessionStart) else action


def messages_in_session(tracker: DialogueStateTracker) -> int:
    """Return how many messages the user has sent since the latest session began."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            break
        count += isinstance(event, UserUttered)
    return count
