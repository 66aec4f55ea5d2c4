"""PostgreSQL, Redis, two replicas of each service and the proxy: real processes on free ports."""

import base64
import contextlib
import dataclasses
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.postgresql import cluster as postgresql
from benchmarks.postgresql import programs
from bot.service.processes import Service, free_port, port_is_free, stop_all, wait_until_up
from bot.service.serve import services_for
from bot.settings import PROJECT, load_settings

REPLICAS = 2
DATABASES = ("care", "conversations", "channels")
START_SECONDS = 240
CADDYFILE = PROJECT / "deploy" / "Caddyfile"


def missing() -> list:
    """Return what has to be installed first, one sentence each."""
    found = []
    try:
        programs()
    except FileNotFoundError as error:
        found.append(str(error))
    for program, package in (("redis-server", "redis-server"), ("caddy", "caddy")):
        if shutil.which(program) is None:
            found.append(f"There is no {program} here; `apt-get install {package}`.")
    return found


class Topology:
    """Everything that runs, by name; one process may be killed and started again at a time."""

    def __init__(
        self, folder: Path, server, model: Path, say, replicas: int = REPLICAS, rate: float = 1.0
    ) -> None:
        """``rate``: how many times faster than usual the patients may write."""
        self.folder, self.server, self._say = folder, server, say
        self._count = replicas
        for name in DATABASES:
            _create_database(server.address, name)
        # Shared by all replicas, as in a production; the test reads the database with them too.
        os.environ["ACTION_ENDPOINT_SECRET"] = secrets.token_hex(32)
        os.environ["BOT_CHAT_KEY"] = secrets.token_urlsafe(32)
        os.environ["BOT_ENCRYPTION_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
        base = server.address.rsplit("/", 1)[0]
        self.redis_port = free_port()
        self.settings = dataclasses.replace(
            load_settings(environment={}),
            folder=folder,
            care_database=f"{base}/care",
            conversation_database=f"{base}/conversations",
            channel_database=f"{base}/channels",
            rate_factor=rate,
            lock_store=f"redis://127.0.0.1:{self.redis_port}/0",
        )
        self.patients, self.desk, self._internal = (
            f"http://127.0.0.1:{free_port()}" for _ in range(3)
        )
        self.redis = self._redis()
        self.care, self.rasa = self._replicas(model)
        self.proxy = self._proxy()

    def start(self) -> None:
        """Start everything and wait until it answers."""
        self.redis.start()
        _wait_for_port(self.redis_port)
        for service in (*self.care, *self.rasa):
            service.start()
        wait_until_up([*self.care, *self.rasa], START_SECONDS, self._say)
        self.proxy.start()
        wait_until_up([self.proxy], START_SECONDS, self._say)

    def victims(self) -> dict:
        """Return what can be killed: name to a pair of functions, kill and start again."""
        found = {}
        for service in (self.redis, *self.care, *self.rasa, self.proxy):
            found[service.name] = (lambda s=service: _kill(s), lambda s=service: self._again(s))
        found["postgresql"] = (self._kill_database, self._start_database)
        return found

    def stop(self) -> None:
        """Stop everything but PostgreSQL, which its own context ends."""
        stop_all([self.proxy, *self.rasa, *self.care, self.redis])

    def _again(self, service: Service) -> None:
        service.start()
        if service is self.redis:
            _wait_for_port(self.redis_port)
        else:
            wait_until_up([service], START_SECONDS, lambda line: None)

    def _kill_database(self) -> None:
        lines = (self.server.folder / "data" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal.SIGKILL)

    def _start_database(self) -> None:
        # It refuses as long as one of the old server's processes has not noticed that it is alone.
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self.server.control("start")
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _redis(self) -> Service:
        options = ("--bind", "127.0.0.1", "--port", str(self.redis_port), "--save", "")
        return Service(
            name="redis",
            command=["redis-server", *options, "--dir", str(self.folder)],
            address="",
            log=self.folder / "log" / "redis.log",
        )

    def _replicas(self, model: Path):
        care, rasa = [], []
        for number in range(1, self._count + 1):
            own = dataclasses.replace(
                self.settings,
                folder=self.folder / f"machine-{number}",
                patient_port=free_port(),
                care_port=free_port(),
            )
            for service, found in zip(services_for(own, str(model)), (care, rasa), strict=True):
                service.name = f"{service.name} {number}"
                service.address = f"http://127.0.0.1:{_port(service)}/health/ready"
                service.environment |= {
                    "ACTION_ENDPOINT_URL": f"{self._internal}/actions/webhook",
                    "BOT_WEB_PATIENT_SERVICE": self._internal,
                    "BOT_STORAGE_LOCK_STORE": self.settings.lock_store,
                    "SANIC_PROXIES_COUNT": "1",
                }
                found.append(service)
        return care, rasa

    def _proxy(self) -> Service:
        def addresses(services):
            return " ".join(f"127.0.0.1:{_port(service)}" for service in services)

        return Service(
            name="proxy",
            command=["caddy", "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
            address=f"{self.patients}/chat/",
            log=self.folder / "log" / "proxy.log",
            environment={
                "PATIENT_SITE": self.patients,
                "DESK_SITE": self.desk,
                "INTERNAL_SITE": self._internal,
                "RASA_UPSTREAMS": addresses(self.rasa),
                "CARE_UPSTREAMS": addresses(self.care),
                "HOME": str(self.folder),
                "XDG_DATA_HOME": str(self.folder),
                "XDG_CONFIG_HOME": str(self.folder),
            },
        )


@contextlib.contextmanager
def running(model: Path, say=print, replicas: int = REPLICAS, rate: float = 1.0):
    """Give a running topology on empty databases; everything is gone afterwards."""
    with postgresql() as server, tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        topology = Topology(Path(folder), server, model, say, replicas, rate)
        try:
            topology.start()
            yield topology
        finally:
            topology.stop()


def _create_database(address: str, name: str) -> None:
    engine = create_engine(address, future=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()


def _port(service: Service) -> str:
    return service.command[service.command.index("--port") + 1]


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while port_is_free("127.0.0.1", port):
        if time.monotonic() > deadline:
            raise RuntimeError("redis did not start; its log says why.")
        time.sleep(0.1)


def _kill(service: Service) -> None:
    assert service.process is not None
    os.kill(service.process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        service.process.wait(10)
