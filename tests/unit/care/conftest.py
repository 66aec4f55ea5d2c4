import dataclasses
import shutil

import pytest
import yaml

from bot.care import database
from bot.settings import Settings, load_settings


def settings_in(folder, **changes) -> Settings:
    return dataclasses.replace(
        load_settings(environment={}),
        folder=folder,
        care_database=f"sqlite:///{folder}/care.db",
        conversation_database=folder / "conversations.db",
        **changes,
    )


def telling(settings, /, *, level_changes=None, **people) -> Settings:
    """The same clinic with everybody named here on duty for the first tier, by one address each."""
    plan = yaml.safe_load(settings.escalation.read_text())
    plan["people"] = {
        name: {"mail": {"url": address[0], "secret": address[1]}}
        if isinstance(address, tuple)
        else {"mail": address}
        for name, address in people.items()
    }
    plan["rota"]["nurse on duty"] = [{"people": list(people)}] if people else []
    for level, changes in (level_changes or {}).items():
        plan["levels"][level].update(changes)
    path = settings.folder / f"escalation-{len(list(settings.folder.glob('escalation-*')))}.yml"
    path.write_text(yaml.safe_dump(plan, sort_keys=False))
    return dataclasses.replace(settings, escalation=path)


@pytest.fixture
def settings(tmp_path, empty_database):
    """Settings of a clinic of its own, whose care database exists and is empty."""
    shutil.copy(empty_database, tmp_path / "care.db")
    made = settings_in(tmp_path)
    yield made
    database.dispose(made)
