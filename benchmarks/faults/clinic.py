"""A whole clinic to break: both services with what they need, and patients at the web channel."""

import base64
import contextlib
import dataclasses
import os
import secrets
import subprocess
import threading
import time
from pathlib import Path
from typing import Optional

import httpx
import yaml
from sqlalchemy import create_engine, text

from benchmarks.faults.receiver import Receiver
from benchmarks.faults.wire import Wire
from benchmarks.faults.world import SECRET, wait_for
from bot.care import database
from bot.care.alerts import list_alerts
from bot.service.processes import free_port, python, stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.supervisor import Supervisor
from bot.settings import PROJECT, load_settings

QUESTION = "is a 1mg b12 injection safe in pregnancy"
EMERGENCY = "my throat is closing up and i cannot breathe since the shot"
DATABASES = ("care", "conversations", "channels")
#: Seconds after which her page gives up an answer.
PATIENCE = 240.0


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a patient got: ``kind`` says what it was, ``seconds`` how long she waited."""

    kind: str
    seconds: float
    texts: tuple


def kind_of(texts) -> str:
    """Return what kind of answer these texts are."""
    words = " ".join(texts)
    if not texts:
        return "NOTHING"
    if texts[0].startswith("EMERGENCY"):
        return "emergency text"
    if "Your message may not have been" in words or "could not check" in words:
        return "safe text"
    return "answer"


class Patient:
    """Somebody with the page open: what failed is sent again under the same id."""

    _number = 0

    def __init__(self, settings) -> None:
        Patient._number += 1
        # An address of her own, since the service limits what one address may send.
        address = f"127.0.{3 + Patient._number // 200}.{1 + Patient._number % 200}"
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{settings.patient_port}",
            transport=httpx.HTTPTransport(local_address=address),
            timeout=30,
        )
        self._sent = 0
        session = self._send("POST", "/chat/session")
        self.conversation = session["conversation"]
        self._client.headers["Authorization"] = f"Bearer {session['token']}"

    def writes(self, text: str) -> Answer:
        """Return what she is answered, however long it takes."""
        self._sent += 1
        began = time.monotonic()
        try:
            body = {"id": f"message-{self._sent}", "text": text}
            answer = self._send("POST", "/chat/messages", json=body)
        except TimeoutError:
            return Answer("NOTHING", time.monotonic() - began, ())
        texts = tuple(each.get("text", "") for each in answer["answers"])
        return Answer(kind_of(texts), time.monotonic() - began, texts)

    def _send(self, method: str, path: str, **body):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self._client.request(method, path, **body)
                if answer.is_success:
                    return answer.json()
            except httpx.HTTPError:
                pass
            time.sleep(0.5)
        raise TimeoutError(f"{method} {path}")


class Clinic:
    """Rasa and care as processes in ``folder``, watched by the supervisor of ``serve``.

    With a PostgreSQL ``server`` every database, Redis and the actions are reached over wires that
    can be cut; without one everything is in SQLite files, as `python -m bot serve` has it.
    ``logs`` is where the logs go, in place of the folder.
    """

    def __init__(self, folder: Path, model: Path, server=None, logs: Optional[Path] = None) -> None:
        key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
        os.environ.setdefault("BOT_ENCRYPTION_KEY", key)
        self.folder, self.server, self.model = folder, server, folder / "model.tar.gz"
        self.model.write_bytes(model.read_bytes())
        self.receiver, self.wires = Receiver(), {}
        self._redis: Optional[subprocess.Popen] = None
        settings = dataclasses.replace(
            load_settings(environment={}),
            folder=folder,
            care_database=f"sqlite:///{folder}/care.db",
            conversation_database=f"sqlite:///{folder}/conversations.db",
            patient_port=free_port(),
            care_port=free_port(),
            escalation=self._escalation(folder / "escalation.yml"),
        )
        #: How the test reads the databases, past every wire.
        self.direct = self._with_servers(settings) if server else settings
        self.settings = self._over_wires(self.direct) if server else settings
        self.wires["actions"] = Wire(self.settings.care_port)
        self.services = services_for(self.settings, str(self.model))
        for service in self.services:
            service.environment |= {
                "ACTION_ENDPOINT_URL": f"http://127.0.0.1:{self.wires['actions'].port}"
                "/actions/webhook"
            }
            service.log = logs or service.log
        self.care, self.rasa = self.services
        self.said: list = []
        self._stop = threading.Event()
        self._supervisor: Optional[threading.Thread] = None

    @property
    def name(self) -> str:
        return "PostgreSQL, Redis" if self.server else "SQLite"

    def start(self, module: str = "bot.nlu.server", *, with_model: bool = True) -> "Clinic":
        """Start everything and wait until it answers; ``module`` is the Rasa service.

        Without a model that can be read the chat service never counts as ready.
        """
        place = self.rasa.command.index("-m")
        self.rasa.command = [*python("-m", module), *self.rasa.command[place + 2 :]]
        for service in self.services:
            service.start()
        wait_until_up(self.services, START_SECONDS, lambda line: None)
        if with_model:
            self.wait_ready()
        self.watch()
        return self

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until both services can do their work."""
        for port in (self.settings.care_port, self.settings.patient_port):
            wait_for(lambda port=port: _is_ready(port), f"the service at {port}", seconds)

    def is_whole(self) -> bool:
        """Return whether every part of the chat service works, also those it can do without."""
        try:
            ready = httpx.get(f"http://127.0.0.1:{self.settings.patient_port}/health/ready")
        except httpx.HTTPError:
            return False
        return ready.status_code == 200 and not ready.json()["warnings"]

    def restart(self, service) -> None:
        """kill -9, and wait until the supervisor has it running again."""
        service.kill()
        wait_for(lambda: service.process.poll() is None and service.answers(), service.name)

    def alert_of(self, patient: Patient) -> bool:
        """Return whether care has an alert about a patient."""
        with database.reading(self.direct) as session:
            found = list_alerts(session, include_closed=True, limit=100_000)
            return any(
                alert.episode.patient.conversation_id == patient.conversation for alert in found
            )

    def unwatched(self) -> None:
        """End the supervisor, so that what is killed stays dead until ``watch``."""
        self._stop.set()
        self._supervisor.join()

    def watch(self) -> None:
        """Let a supervisor look after both services, as `python -m bot serve` does."""
        self._stop = threading.Event()
        watching = Supervisor(self.services, self.said.append)
        self._supervisor = threading.Thread(target=watching.run, args=(self._stop,), daemon=True)
        self._supervisor.start()

    def close(self) -> None:
        if self._supervisor is not None:
            self.unwatched()
        stop_all(self.services)
        for wire in self.wires.values():
            wire.close()
        if self._redis is not None:
            self._redis.terminate()
            self._redis.wait()
        self.receiver.close()
        with contextlib.suppress(Exception):
            database.dispose(self.direct)

    def _escalation(self, path: Path) -> Path:
        plan = yaml.safe_load((PROJECT / "escalation.yml").read_text())
        plan["people"] = {"ward": {"web": {"url": self.receiver.url, "secret": SECRET}}}
        plan["rota"]["nurse on duty"] = [{"people": ["ward"]}]
        path.write_text(yaml.safe_dump(plan))
        return path

    def _with_servers(self, settings):
        engine = create_engine(self.server.address, future=True, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in DATABASES:
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        port = free_port()
        options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "")
        self._redis = subprocess.Popen(
            ["redis-server", *options, "--dir", str(self.folder)], stdout=subprocess.DEVNULL
        )
        base = self.server.address.rsplit("/", 1)[0]
        return dataclasses.replace(
            settings,
            care_database=f"{base}/care",
            conversation_database=f"{base}/conversations",
            channel_database=f"{base}/channels",
            lock_store=f"redis://127.0.0.1:{port}/0",
        )

    def _over_wires(self, direct):
        for name in DATABASES:
            self.wires[name] = Wire(self.server.port)
        self.wires["redis"] = Wire(int(direct.lock_store.rsplit(":", 1)[1].split("/")[0]))

        def over(name):
            return f"postgresql://care@127.0.0.1:{self.wires[name].port}/{name}"

        return dataclasses.replace(
            direct,
            care_database=over("care"),
            conversation_database=over("conversations"),
            channel_database=over("channels"),
            lock_store=f"redis://127.0.0.1:{self.wires['redis'].port}/0",
        )


def _is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=8)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
