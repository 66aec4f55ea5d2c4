"""Tables of the messaging channels. Addresses and texts are sealed; ids of conversations are keyed
hashes, so that no phone number can be read from, or guessed with, a copy of the database."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from bot.channels.database import Number, metadata
from bot.encryption import EncryptedText

#: Keys that all processes share and that must outlive a change of the encryption key.
keys = Table(
    "messaging_keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("key", EncryptedText, nullable=False),
)

conversations = Table(
    "messaging_conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("connector", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", EncryptedText, nullable=False),
    #: What the numbers of the last list stand for, as JSON.
    Column("choices", EncryptedText),
    #: When she asked for no more messages that she did not ask for; null: she did not.
    Column("stopped_at", Float),
    Column("last_in_at", Float, nullable=False),
    #: Which process answers, and which one sends, until when.
    Column("answering", String(32)),
    Column("answering_until", Float, nullable=False, default=0.0),
    Column("sending", String(32)),
    Column("sending_until", Float, nullable=False, default=0.0),
)

inbox = Table(
    "messaging_inbox",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("connector", String(32), nullable=False),
    Column("message_id", String(200), nullable=False),
    Column("conversation", String(64), nullable=False),
    #: What came, as JSON; gone when it is answered.
    Column("body", EncryptedText),
    #: waiting or done.
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    #: It came too fast and has to wait; unless it is urgent.
    Column("slow", Boolean, nullable=False, default=False),
    Column("urgent", Boolean, nullable=False, default=False),
    #: The provider's name for what was written and a keyed hash of it, to recognise a change.
    Column("original", String(200)),
    Column("digest", String(64)),
    Column("at", Float, nullable=False),
    UniqueConstraint("connector", "message_id"),
    Index("messaging_inbox_waiting", "conversation", "state", "number"),
    sqlite_autoincrement=True,
)

outgoing = Table(
    "messaging_outgoing",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("connector", String(32), nullable=False),
    Column("conversation", String(64), nullable=False),
    #: The same key is sent once.
    Column("key", String(200), nullable=False, unique=True),
    #: What to send, as JSON; gone when it is sent.
    Column("body", EncryptedText),
    #: due (also between retries), sent or failed.
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Float, nullable=False),
    #: Until when the provider asked us to wait.
    Column("not_before", Float, nullable=False, default=0.0),
    #: Why the last attempt failed: our words or the provider's code, never its text.
    Column("reason", String(200)),
    Column("provider_id", String(200), index=True),
    #: What the provider reported of it since, such as "delivered".
    Column("status", String(32)),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("messaging_outgoing_due", "conversation", "state", "number"),
    sqlite_autoincrement=True,
)
