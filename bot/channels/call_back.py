"""The telephone number behind a conversation, for a nurse who has to call.

Imports neither Rasa nor a web server: the nurse desk reads it in another process.
"""

from __future__ import annotations

from typing import Optional

from sqlalchemy import select

from bot.channels import database
from bot.channels.database import reading
from bot.channels.messaging.tables import conversations
from bot.settings import Settings

#: Channels whose address is a telephone number. Elsewhere it is an id that nobody can call.
BY_TELEPHONE = ("sms", "whatsapp")


def telephone_number(settings: Settings, conversation_id: str) -> Optional[str]:
    """Return the number she writes from, or None where the channel has none.

    Raises SQLAlchemyError when the channels' database cannot be read, EncryptionError when the
    number cannot be opened.
    """
    engine = database.engine(database.address(settings))
    number = select(conversations.c.address).where(
        conversations.c.id == conversation_id, conversations.c.channel.in_(BY_TELEPHONE)
    )
    with reading(engine) as sql:
        return sql.execute(number).scalar_one_or_none()
