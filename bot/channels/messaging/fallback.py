"""What Twilio sends by itself when it cannot reach us: one message, the safe text with its numbers.

``python -m bot.channels.messaging.fallback > fallback.xml`` writes it for a web space elsewhere.
"""

from __future__ import annotations

from html import escape

from bot.channels.messaging import sms
from bot.channels.safe_text import safe_text
from bot.settings import Settings, load_settings


def fallback_twiml(settings: Settings) -> str:
    """Return the TwiML document."""
    text = escape(sms.plain(safe_text(settings)), quote=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Message>{text}</Message></Response>'


if __name__ == "__main__":
    print(fallback_twiml(load_settings()))
