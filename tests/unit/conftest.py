"""What several rooms need: an empty care database, made once, because migrating takes a second."""

import dataclasses

import pytest

from bot.settings import load_settings


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """The file of a care database with the current schema. Tests copy it and write to the copy."""
    from bot.care import database

    path = tmp_path_factory.mktemp("empty") / "care.db"
    made = dataclasses.replace(load_settings(environment={}), care_database=f"sqlite:///{path}")
    database.migrate(made)
    database.dispose(made)
    return path
