"""Text to findings: lexicon, composition, context, measurements, and the second opinion.

Nothing here may decide a triage level, or know of Rasa, a database or the web.
"""

from bot.screening.pipeline import screen

__all__ = ["screen"]
