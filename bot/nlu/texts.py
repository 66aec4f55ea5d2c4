"""The texts of the running service: those of the clinic's settings, not those of the training."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.shared.core.domain import Domain

from bot.content import load_content
from bot.settings import Settings


def use_texts(agent: Any, settings: Settings) -> None:
    """Make a loaded agent say the texts of ``settings``.

    A model carries the texts it was trained with, and those name the emergency number of the
    country set then. Raises ContentError when a text of the settings' language cannot be used.
    """
    texts = responses(settings)
    agent.domain.responses.update(texts)
    agent.nlg.responses.update(texts)


def responses(settings: Settings) -> Dict[str, List[Dict[str, Any]]]:
    """Return every response of ``settings`` with its variations, as Rasa chooses among them.

    Raises ContentError when a text of the settings' language cannot be used.
    """
    found = load_content(settings.language, settings).responses
    # Through a domain of its own: Rasa takes conditions and buttons apart while reading.
    return Domain.from_dict({"version": "3.1", "responses": found}).responses
