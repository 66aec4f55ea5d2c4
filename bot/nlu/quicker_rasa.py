"""Work of Rasa that changes nothing, left out. Each part was found by a profile (decision 19)."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import rasa.core.processor
from rasa.shared.core.events import Event


def make_rasa_quicker() -> None:
    """Change Rasa in this process; safe to call more than once.

    - Rasa copies what it hands to log lines for debugging, also when they are off. They hold what
      the patient wrote, so here they always are.
    - For each stored event Rasa goes through all classes of events to find the one of its name.
    """
    rasa.core.processor.copy = SimpleNamespace(deepcopy=lambda value: value)  # type: ignore
    find = Event.resolve_by_type
    if not hasattr(find, "cache_info"):
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(find))  # type: ignore
