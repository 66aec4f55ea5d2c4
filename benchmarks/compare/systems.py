"""The two systems as they are started here: real processes on loopback, empty stores."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import psutil
import yaml

from benchmarks.clinic_settings import settings_in
from benchmarks.compare.load_process import write
from bot.service.processes import Service, free_port, stop_all
from bot.service.serve import services_for

START_SECONDS = 420
#: Our web channel limits what one patient may send; here one machine is all patients.
RATE_FACTOR = 10_000.0
HELLO = "hello"


class System:
    """One system: its processes, its address, and how it is written to."""

    name = ""

    def __init__(self, folder: Path, services: List[Service], address: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.services, self.address = folder, services, address

    def start(self) -> float:
        """Start everything and return the seconds until the first message was answered.

        Raises RuntimeError, naming the log, when there is none.
        """
        began = time.monotonic()
        for service in self.services:
            service.start()
        while time.monotonic() - began < START_SECONDS:
            for service in self.services:
                if service.has_died():
                    raise RuntimeError(f"{service.name} stopped; {service.log} says why.")
            # As soon as somebody listens: whether the answer comes is what is measured.
            if self.services[-1].answers():
                self.write([[HELLO]], 1)
                return time.monotonic() - began
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start; {self.services[-1].log} says why.")

    def write(
        self, conversations: List[List[str]], at_once: int, first_line: bool = False
    ) -> Dict[str, Any]:
        """Let patients write, from a process of their own; returns what they measured."""
        return write(self.name, self.address, conversations, at_once, first_line)

    def memory(self) -> float:
        """Return the memory of all processes in megabytes, shared pages counted once (PSS)."""
        total = 0
        for service in self.services:
            assert service.process is not None
            parent = psutil.Process(service.process.pid)
            for process in (parent, *parent.children(recursive=True)):
                total += process.memory_full_info().pss
        return total / 1e6

    def processor(self) -> float:
        """Return the processor time of all processes so far, in seconds."""
        total = 0.0
        for service in self.services:
            assert service.process is not None
            times = psutil.Process(service.process.pid).cpu_times()
            total += times.user + times.system
        return total

    def stop(self) -> None:
        """Stop everything."""
        stop_all(self.services)


class Ours(System):
    """rasa and care as `make serve` starts them, on SQLite."""

    name = "ours"

    def __init__(self, folder: Path, model: Path) -> None:
        settings = settings_in(folder, rate_factor=RATE_FACTOR)
        services = services_for(settings, str(model))
        super().__init__(folder, services, f"http://{settings.host}:{settings.patient_port}")


class Stock(System):
    """``rasa run`` with the rest channel and Rasa's default store, which is memory.

    Our services keep every event, encrypted, in SQLite; stock would be slower if it did.
    """

    name = "stock"

    def __init__(self, folder: Path, model: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "credentials.yml").write_text(yaml.safe_dump({"rest": None}), encoding="utf-8")
        (folder / "endpoints.yml").write_text("{}\n", encoding="utf-8")
        port = free_port()
        command = [sys.executable, "-W", "ignore", "-m", "rasa", "run", "--model", str(model)]
        command += ["--credentials", str(folder / "credentials.yml")]
        command += ["--endpoints", str(folder / "endpoints.yml")]
        command += ["--interface", "127.0.0.1", "--port", str(port)]
        service = Service(
            name="stock rasa",
            command=command,
            address=f"http://127.0.0.1:{port}/webhooks/rest/",
            log=folder / "log" / "rasa.log",
            environment={
                "RASA_TELEMETRY_ENABLED": "false",
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "LOG_LEVEL": "WARNING",
                # Rasa looks for components of the project in the folder it runs in; stock has none.
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            },
        )
        super().__init__(folder, [service], f"http://127.0.0.1:{port}")
