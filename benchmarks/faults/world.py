"""A clinic to break: databases, a conversation store, the care service, somebody to notify."""

import base64
import contextlib
import dataclasses
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Optional

import httpx
import yaml
from sqlalchemy import create_engine, text

from benchmarks.faults.receiver import Receiver
from bot.assessment import assess_text
from bot.care import database
from bot.care.alerts import list_alerts
from bot.care.models import Delivery, Message
from bot.care.tokens import action_secret
from bot.service.processes import free_port
from bot.settings import PROJECT, database_address, load_settings
from bot.triage.plain import assessment_as_plain
from bot.yaml_files import read_yaml

WORDS = "20 min after my jab my lips went puffy and i cant stop wheezing"
SECRET = "a secret for the faults"
_EVENTS = (
    "CREATE TABLE IF NOT EXISTS events (id {key}, sender_id VARCHAR(255), type_name VARCHAR(255), "
    "timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), data TEXT)"
)
_PATIENCE = 240.0


class World:
    """One clinic on one database. ``cluster`` is None for SQLite.

    ``stores`` keeps the conversations apart, in a SQLite file of that folder.
    """

    def __init__(self, folder: Path, cluster=None, stores: Optional[Path] = None) -> None:
        # One key for this process and the service.
        key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
        os.environ.setdefault("BOT_ENCRYPTION_KEY", key)
        self.folder, self.cluster = folder, cluster
        self.receiver = Receiver()
        self.sent: dict = {}
        self.settings = dataclasses.replace(
            load_settings(environment={}),
            folder=folder,
            care_database=cluster.address if cluster else f"sqlite:///{folder}/care.db",
            conversation_database=(
                cluster.address
                if cluster and stores is None
                else f"sqlite:///{stores or folder}/conversations.db"
            ),
            escalation=self._escalation(folder / "escalation.yml"),
        )
        self.assessment = assessment_as_plain(assess_text(WORDS))
        self._prepare_stores()
        self._nursery = None
        self.processes: dict = {}

    @property
    def name(self) -> str:
        return "PostgreSQL" if self.cluster else "SQLite"

    def _escalation(self, path: Path) -> Path:
        plan = read_yaml(PROJECT / "escalation.yml")
        plan["people"] = {"ward": {"web": {"url": self.receiver.url, "secret": SECRET}}}
        plan["rota"]["nurse on duty"] = [{"people": ["ward"]}]
        path.write_text(yaml.safe_dump(plan))
        return path

    def _prepare_stores(self) -> None:
        if self.cluster:
            self.cluster.empty()
        database.migrate(self.settings)
        is_sqlite = str(self.settings.conversation_database).startswith("sqlite")
        key = "INTEGER PRIMARY KEY" if is_sqlite else "SERIAL PRIMARY KEY"
        self._store = create_engine(
            database_address(self.settings.conversation_database), future=True, pool_pre_ping=True
        )
        with self._store.begin() as connection:
            connection.execute(text(_EVENTS.format(key=key)))

    # The care service

    def start(self, port: int = 0) -> int:
        """Start care (not waiting for it) and return its port."""
        if self._nursery is None:
            environment = {
                **os.environ,
                "BOT_STORAGE_FOLDER": str(self.folder),
                "BOT_STORAGE_CARE_DATABASE": self.settings.care_database,
                "BOT_STORAGE_CONVERSATION_DATABASE": str(self.settings.conversation_database),
                "BOT_ESCALATION": str(self.settings.escalation),
            }
            log = open(self.folder / "care.log", "ab")  # noqa: SIM115
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.faults.nursery"],
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        port = port or free_port()
        self._nursery.stdin.write(f"start {port}\n")
        self._nursery.stdin.flush()
        self.processes[port] = int(self._nursery.stdout.readline())
        return port

    def kill(self, port: int) -> None:
        """kill -9."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.processes.pop(port), signal.SIGKILL)

    def wait_ready(self, port: int) -> None:
        wait_for(lambda: self._is_ready(port), "care to be ready")

    def _is_ready(self, port: int) -> bool:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    # Patients

    def emergency(self, port: int, *, timeout: float = 30.0) -> bool:
        """A patient writes: into the conversation store, then to the action as Rasa does.

        Returns whether the action came to its end; if not, she has her emergency text all the same.
        """
        conversation = f"patient-{len(self.sent)}-{random.randrange(10**9)}"
        message, at = uuid.uuid4().hex, time.time()
        parsed = {
            "intent": {"name": "report_red_flag"},
            "entities": [{"entity": "assessment", "value": self.assessment}],
        }
        uttered = {
            "event": "user",
            "text": WORDS,
            "timestamp": at,
            "input_channel": "web",
            "message_id": message,
            "parse_data": parsed,
        }
        self._remember(conversation, at, uttered)
        self.sent[conversation] = (message, at)
        call = {
            "next_action": "action_raise_alert",
            "sender_id": conversation,
            "tracker": {
                "sender_id": conversation,
                "slots": {"triage_level": "EMERGENCY_NOW"},
                "latest_message": {"text": WORDS, **parsed},
                "events": [uttered],
                "paused": False,
                "followup_action": None,
                "active_loop": {},
                "latest_action_name": "action_listen",
            },
            "domain": {},
        }
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{port}/actions/webhook",
                json=call,
                headers={"X-Action-Secret": action_secret(self.settings)},
                timeout=timeout,
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and len(answer.json()["events"]) > 0

    def _remember(self, conversation: str, at: float, uttered: dict) -> None:
        statement = text(
            "INSERT INTO events (sender_id, type_name, timestamp, intent_name, data) "
            "VALUES (:sender, 'user', :at, 'report_red_flag', :data)"
        )
        values = {"sender": conversation, "at": at, "data": json.dumps(uttered)}
        # Rasa keeps events on disk while their database is away; here the writer waits.
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                with self._store.begin() as connection:
                    connection.execute(statement, values)
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    # What became of it

    def alerts(self) -> list:
        with database.reading(self.settings) as session:
            return list_alerts(session, include_closed=True, limit=100_000)

    def deliveries(self) -> list:
        with database.reading(self.settings) as session:
            return session.query(Delivery).filter(Delivery.recipient != "log").all()

    def settle(self) -> None:
        """Wait until everybody has an alert and every first notification was sent."""
        wait_for(lambda: len(self.alerts()) >= len(self.sent), "an alert for everybody")
        wait_for(
            lambda: not any(d.state in ("due", "sending") for d in self.deliveries()),
            "every notification",
        )

    def count(self) -> dict:
        """Return what was written, lost, shown twice and notified."""
        alerts = self.alerts()
        per_patient: dict = {}
        for alert in alerts:
            name = alert.episode.patient.conversation_id
            per_patient[name] = per_patient.get(name, 0) + 1
        with database.reading(self.settings) as session:
            messages = [row[0] for row in session.query(Message.source_id)]
        told = {delivery.alert_id for delivery in self.deliveries() if delivery.state == "sent"}
        return {
            "emergencies": len(self.sent),
            "alerts": len(alerts),
            "lost": len(set(self.sent) - set(per_patient)),
            "twice": sum(number > 1 for number in per_patient.values())
            + len(messages)
            - len(set(messages)),
            "recovered": sum(alert.recovered for alert in alerts),
            "not_notified": len({alert.id for alert in alerts} - told),
            "resent": sum(self.receiver.references.values()) - len(self.receiver.references),
        }

    def close(self) -> None:
        for port in list(self.processes):
            self.kill(port)
        if self._nursery is not None:
            self._nursery.stdin.close()
            self._nursery.wait(20)
        self.receiver.close()
        self._store.dispose()
        database.dispose(self.settings)


def wait_for(condition, what: str, seconds: float = _PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.1)
