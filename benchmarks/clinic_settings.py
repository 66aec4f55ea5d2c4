"""Settings of a clinic of its own in a folder: what every benchmark starts the services with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from bot.service.processes import free_port
from bot.settings import Settings, load_settings


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Return the default settings with SQLite databases in ``folder`` and free ports."""
    made = dataclasses.replace(
        load_settings(environment={}),
        folder=folder,
        care_database=f"sqlite:///{folder}/care.db",
        conversation_database=folder / "conversations.db",
        patient_port=free_port(),
        care_port=free_port(),
    )
    return dataclasses.replace(made, **changes)
