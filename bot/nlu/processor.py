"""Keeps a message as fast at the end of a long conversation as at its beginning."""

from __future__ import annotations

from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

#: Messages of a patient in one session of Rasa.
SESSION_MESSAGES = 20


class ShortSessionProcessor(MessageProcessor):
    """Rasa's processor, except that a session also ends after ``SESSION_MESSAGES``.

    For each action Rasa copies the conversation by replaying all events of the session, so the time
    per message grows with the number of messages before it. A new session carries every slot over
    (domain.yml), and the tracker store then loads only what came after it.
    """

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        return super()._has_session_expired(tracker) or messages_in_session(tracker) >= (
            SESSION_MESSAGES
        )


def messages_in_session(tracker: DialogueStateTracker) -> int:
    """Return how many messages the user has sent since the latest session began."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            break
        count += isinstance(event, UserUttered)
    return count
