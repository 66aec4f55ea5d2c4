import dataclasses

import pytest

from bot.care import database
from bot.settings import Settings, load_settings


def settings_in(folder, **changes) -> Settings:
    return dataclasses.replace(
        load_settings(environment={}),
        folder=folder,
        care_database=f"sqlite:///{folder}/care.db",
        conversation_database=folder / "conversations.db",
        notify=[],
        **changes,
    )


@pytest.fixture
def settings(tmp_path):
    """Settings of a clinic of its own, whose care database exists and is empty."""
    made = settings_in(tmp_path)
    database.migrate(made)
    yield made
    database.dispose(made)
