"""What is said: every patient-facing text, per language, with its fact ids and safety net.

Texts are data. Nothing here may decide a level, open a database, or know of Rasa or the web.
"""

from bot.content.loader import load_content
from bot.content.model import Button, Content, ContentError, Message, Symptom

__all__ = ["Button", "Content", "ContentError", "Message", "Symptom", "load_content"]
