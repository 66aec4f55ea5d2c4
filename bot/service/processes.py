"""Child processes of ``serve``: started, waited for, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional

from bot.settings import PROJECT

STOP_SECONDS = 10


@dataclass
class Service:
    """One long-running process: how to start it and which address says that it is up."""

    name: str
    command: List[str]
    address: str
    log: Path
    environment: Dict[str, str] = field(default_factory=dict)
    process: Optional[subprocess.Popen] = None

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches only the supervisor."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self) -> bool:
        """Return whether the address answers with a success."""
        try:
            with urllib.request.urlopen(self.address, timeout=2) as answer:
                return 200 <= answer.status < 300
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def listens(self) -> bool:
        """Return whether something takes connections at the address, answering or not."""
        place = urllib.parse.urlsplit(self.address)
        try:
            with socket.create_connection((place.hostname or "", place.port or 80), timeout=1):
                return True
        except OSError:
            return False

    def has_died(self) -> bool:
        """Return whether the process was started and is no longer running."""
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """End the process group at once."""
        if self.process is not None and self.process.poll() is None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def stop(self, deadline: float) -> None:
        """Ask the process group to stop, and kill it when the deadline (monotonic) has passed."""
        if self.process is None or self.process.poll() is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def _signal(self, number: int) -> None:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


def port_is_free(host: str, port: int) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(services: List[Service], seconds: float, tell: Callable[[str], None]) -> None:
    """Return when every service answers. Raises RuntimeError with the log to read otherwise."""
    deadline, waiting = time.monotonic() + seconds, list(services)
    started = time.monotonic()
    while waiting:
        for service in list(waiting):
            if service.has_died():
                raise RuntimeError(
                    f"{service.name} stopped while starting; {_place(service.log)} says why."
                )
            if service.answers():
                waiting.remove(service)
                tell(f"{service.name} answers after {time.monotonic() - started:.0f} s")
        if waiting and time.monotonic() > deadline:
            names = " and ".join(service.name for service in waiting)
            raise RuntimeError(
                f"{names} did not answer within {seconds:.0f} s; {_place(waiting[0].log)} says why."
            )
        time.sleep(0.2)


def stop_all(services: List[Service]) -> None:
    """Stop every service; all of them share one deadline."""
    for service in services:
        if service.process is not None and service.process.poll() is None:
            service._signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for service in services:
        service.stop(deadline)


def python(*arguments: str) -> List[str]:
    """Return the command that runs this same Python with the arguments."""
    return [sys.executable, *arguments]


def _place(path: Path) -> str:
    try:
        return str(path.relative_to(PROJECT))
    except ValueError:
        return str(path)
