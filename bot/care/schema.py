"""What every table shares: its base class and the names of its constraints."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlalchemy.orm.decl_api import DeclarativeMeta

#: Names of constraints, so that a migration on any database can refer to them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

_mappers = registry(metadata=MetaData(naming_convention=NAMING))


class Base(metaclass=DeclarativeMeta):
    """What every table inherits; written out so that the type checker knows it is a class."""

    __abstract__ = True
    registry = _mappers
    metadata = _mappers.metadata

    def __init__(self, **values: object) -> None:
        _mappers.constructor(self, **values)
