"""Screening, second opinion and triage in one call: a text in, an assessment out."""

from __future__ import annotations

from bot.screening import screen
from bot.screening.unexplained import opinion_on_rest
from bot.triage import Assessment, Context, assess

_NOTHING_KNOWN = Context()


def assess_text(text: str, context: Context = _NOTHING_KNOWN, language: str = "en") -> Assessment:
    """The assessment of one message (triage.md section 11); pure, any text returns.

    ``context`` is what is known besides the message; what is unknown is read the safe way (G-07).
    """
    screening = screen(text, language)
    return assess(screening, context, lambda: opinion_on_rest(text, screening))
