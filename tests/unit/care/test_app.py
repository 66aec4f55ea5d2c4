import subprocess
import sys

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from bot.care import database
from bot.care.app import create_app

from .test_webhook import package  # noqa: F401


def test_ready_only_when_an_alert_could_be_written(settings, package):  # noqa: F811
    with TestClient(create_app(settings, actions=package)) as client:
        assert client.get("/health/live").status_code == 200
        ready = client.get("/health/ready").json()
        assert (ready["status"], ready["problems"]) == ("ready", [])
        # Nobody stands in the clinic's escalation.yml: a warning, since the desk still shows it.
        assert any("EMERGENCY_NOW would reach nobody" in line for line in ready["warnings"])
        parts = ready["parts"]
        assert not parts.pop("ladder reaches somebody")
        assert {"care database", "actions", "dispatcher", "sweeper", "watchdog"} <= set(parts)
        assert all(parts.values())
        with database.transaction(settings) as session:
            session.execute(text("DELETE FROM alembic_version"))
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["problems"] == ["the care database is not migrated"]
        assert answer.json()["parts"]["care database"] is False


@pytest.mark.services
def test_the_care_process_never_imports_tensorflow():
    program = "import sys, bot.care.server; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
