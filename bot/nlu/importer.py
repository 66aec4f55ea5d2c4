"""Reads the Rasa project and adds the texts of ``bot.content`` to its domain.

Named in config.yml, so the stock commands (``rasa train``, ``rasa data validate``, ``rasa test``)
see the same texts as the product.
"""

from __future__ import annotations

from typing import Any, Dict

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

from bot.content import load_content
from bot.settings import load_settings


class ContentImporter(RasaFileImporter):
    """Rasa's own file importer, with the clinic's texts as the responses of the domain."""

    def get_domain(self) -> Domain:
        """Return the domain of domain.yml plus a response for every text of the content."""
        settings = load_settings()
        content = load_content(self.get_config().get("language") or settings.language, settings)
        return super().get_domain().merge(Domain.from_dict(_responses(content.responses)))


def _responses(responses: Dict[str, Any]) -> Dict[str, Any]:
    # Domain.from_dict takes the given lists apart, so it gets its own.
    return {
        "responses": {name: [dict(text) for text in texts] for name, texts in responses.items()}
    }
