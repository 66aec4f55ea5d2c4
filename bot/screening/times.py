"""Times and durations: "20 min ago", "since last night", "two weeks after my jab"."""

from __future__ import annotations

from typing import Mapping, Optional, Tuple

from bot.screening.clauses import Layout
from bot.screening.composition import Candidate
from bot.screening.matching import Read
from bot.triage.vocabulary import Ago, Assertion


class Times:
    """The times a message states."""

    def of(
        self, found: Candidate, assertion: Assertion
    ) -> Tuple[Optional[Ago], Mapping[str, float]]:
        """When the finding was or began, and its measurements."""
        return None, {}


def read_times(read: Read, layout: Layout) -> Times:
    """All times of a message."""
    return Times()
