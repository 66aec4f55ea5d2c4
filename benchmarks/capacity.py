"""``python -m benchmarks.capacity``: what one message costs; writes docs/benchmarks/measured.yml.

Processor time, not wall time, so that other programs on the machine hardly disturb it.
"""

import argparse
import datetime
import os
import platform
import sys
import tempfile
import threading
from pathlib import Path

import httpx
import psutil
import yaml

from benchmarks.clinic_settings import settings_in
from benchmarks.cluster.patients import CALM, EMERGENCY
from bot.service.processes import stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.size import MEASURED
from bot.service.training import ensure_model

HEAD = """# What one message costs, for `python -m bot size`; from `python -m benchmarks.capacity`.
# Processor seconds of the running services over the messages they answered; both on SQLite.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--conversations", type=int, default=60)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--model", type=Path, help="a trained model (default: that of the sources)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="capacity-") as name:
        folder = Path(name)
        settings = settings_in(folder)
        services = services_for(settings, str(options.model or ensure_model()))
        try:
            for service in services:
                service.start()
            wait_until_up(services, START_SECONDS, print)
            figures = measure(settings, services, options, folder)
        finally:
            stop_all(services)
    MEASURED.parent.mkdir(parents=True, exist_ok=True)
    MEASURED.write_text(HEAD + yaml.safe_dump(figures, sort_keys=False, allow_unicode=True))
    print(MEASURED.read_text())
    return 0


def measure(settings, services, options, folder: Path) -> dict:
    """Let patients write and return what it cost."""
    address = f"http://127.0.0.1:{settings.patient_port}"
    converse(address, 2, 4)
    care, rasa = (psutil.Process(service.process.pid) for service in services)
    before = [_seconds(rasa), _seconds(care), _disk(folder), _actions(settings)]
    converse(address, options.conversations, options.turns)
    after = [_seconds(rasa), _seconds(care), _disk(folder), _actions(settings)]
    messages = options.conversations * options.turns
    in_rasa, in_care, disk, actions = (b - a for a, b in zip(before, after, strict=True))
    return {
        "when": datetime.date.today().isoformat(),
        "where": f"{os.cpu_count()} cores shared with other programs, {platform.machine()}, "
        f"Python {platform.python_version()}, {messages} messages",
        "rasa": {
            "messages_per_second_per_core": _figure(messages / in_rasa),
            "resident_megabytes": _figure(rasa.memory_info().rss / 1e6),
        },
        "care": {
            "actions_per_second_per_core": _figure(actions / in_care),
            "share_of_messages_with_action": _figure(actions / messages),
            "resident_megabytes": _figure(care.memory_info().rss / 1e6),
        },
        "storage": {"bytes_per_message": _figure(disk / messages)},
    }


def converse(address: str, conversations: int, turns: int) -> None:
    """Hold conversations, eight at once; each tenth patient has an emergency at the end."""

    def talk(numbers) -> None:
        for number in numbers:
            own = httpx.HTTPTransport(local_address=f"127.0.4.{1 + number % 200}")
            with httpx.Client(base_url=address, transport=own, timeout=60) as client:
                session = client.post("/chat/session").raise_for_status().json()
                client.headers["Authorization"] = f"Bearer {session['token']}"
                for turn in range(turns):
                    last = number % 10 == 0 and turn == turns - 1
                    text = EMERGENCY if last else CALM[turn % len(CALM)]
                    body = {"id": f"message-{turn:04d}", "text": text}
                    client.post("/chat/messages", json=body).raise_for_status()

    threads = [
        threading.Thread(target=talk, args=(range(first, conversations, 8),)) for first in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _figure(value: float) -> dict:
    return {"value": round(value, 3)}


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.db*"))


def _actions(settings) -> float:
    text = httpx.get(f"http://127.0.0.1:{settings.care_port}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("care_action_seconds_count")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


if __name__ == "__main__":
    sys.exit(main())
