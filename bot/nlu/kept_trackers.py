"""Conversations at hand, so that each message need not read, open and replay all events again."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Callable, NamedTuple, Optional

from rasa.shared.core.trackers import DialogueStateTracker

#: How many conversations are kept, and for how many seconds: some of the patients who write now.
MOST, SECONDS = 128, 300.0


class Kept(NamedTuple):
    """A conversation as it was when its event number ``newest`` was stored."""

    tracker: DialogueStateTracker
    newest: int
    at: float


class KeptTrackers:
    """Keeps a conversation from the end of one turn to the beginning of the next.

    Who takes one has it alone: a turn that fails half-way leaves nothing here, and the next one
    reads the database. Whether another process has added events meanwhile is for the caller to ask.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._clock = clock

    def keep(self, tracker: DialogueStateTracker, newest: int) -> None:
        """Keep a conversation whose every event is stored, and forget those of long ago."""
        now = self._clock()
        self._kept[tracker.sender_id] = Kept(tracker, newest, now)
        self._kept.move_to_end(tracker.sender_id)
        while self._kept:
            first = next(iter(self._kept))
            if len(self._kept) <= MOST and now - self._kept[first].at < SECONDS:
                return
            del self._kept[first]

    def take(self, sender_id: str) -> Optional[Kept]:
        """Return a conversation and keep it no longer; None when there is none, or an old one."""
        kept = self._kept.pop(sender_id, None)
        return kept if kept and self._clock() - kept.at < SECONDS else None
