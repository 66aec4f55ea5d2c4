"""Tables of who may come in: nurses, their browsers, and programs of the hospital."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String

from bot.care.clock import now
from bot.care.columns import UtcDateTime
from bot.care.schema import Base


class NurseAccount(Base):
    """Somebody who may sign in to the desk. Names are compared without regard to case."""

    __tablename__ = "nurse_accounts"

    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)
    name_key = Column(String(80), nullable=False, unique=True)
    password_hash = Column(String(255), nullable=False)
    role = Column(String(16), nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class DeskSession(Base):
    """A signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "desk_sessions"

    token_hash = Column(String(64), primary_key=True)
    csrf_token = Column(String(64), nullable=False)
    nurse = Column(String(80), nullable=False)
    role = Column(String(16), nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    last_seen_at = Column(UtcDateTime, nullable=False, default=now)


class SignInFailure(Base):
    """Failed sign-ins in a row, per account name and per network address, known or not."""

    __tablename__ = "sign_in_failures"

    key = Column(String(200), primary_key=True)
    count = Column(Integer, nullable=False, default=0)
    locked_until = Column(UtcDateTime)
    last_at = Column(UtcDateTime, nullable=False, default=now)


class ApiToken(Base):
    """What a program of the hospital may do. Only the hash of the token is kept."""

    __tablename__ = "api_tokens"

    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False, unique=True)
    token_hash = Column(String(64), nullable=False, unique=True)
    #: Of ``read``, ``acknowledge``, ``resolve`` (bot.desk.api_tokens.SCOPES).
    scopes = Column(JSON, nullable=False, default=list)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    revoked_at = Column(UtcDateTime)
