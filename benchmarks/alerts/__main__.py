"""``python -m benchmarks.alerts``: from her message to the alert on the desk, under load.

Both services run as `python -m bot serve` starts them. Patients write at fixed moments, whether the
service keeps up or not, and each wait counts from the moment at which she meant to write. A desk
follows the live stream; the alert counts when its event has arrived there.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Dict, List

import httpx

from benchmarks.postgresql import cluster
from bot.care import database
from bot.desk import api_tokens
from bot.service.processes import free_port, stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model
from bot.settings import PROJECT, Settings, load_settings

WORDS = "20 min after my b12 jab my lips are swelling and i am wheezing, number {}"
#: Bootstrap rounds and their share for the interval.
ROUNDS, INTERVAL = 500, (0.025, 0.975)


class Desk:
    """One open live stream that notes when each patient's alert arrived."""

    def __init__(self, settings: Settings) -> None:
        token = api_tokens.add(settings, "benchmark", ["read"])
        self._url = f"http://{settings.host}:{settings.care_port}/api/alerts/stream"
        self._headers = {"Authorization": f"Bearer {token}"}
        self.arrived: Dict[str, float] = {}
        self.ready = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        with httpx.stream("GET", self._url, headers=self._headers, timeout=None) as answer:
            for line in answer.iter_lines():
                self.ready.set()
                if line.startswith("data: {") and '"alert"' in line:
                    alert = json.loads(line[6:])["alert"]
                    self.arrived.setdefault(alert["conversation_id"], time.time())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts")
    parser.add_argument("--rate", type=float, default=20.0, help="emergencies a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alerts-") as folder:
        if options.database == "postgresql":
            with cluster() as server:
                return _measure(options, Path(folder), server.address)
        return _measure(options, Path(folder), "")


def _measure(options: argparse.Namespace, folder: Path, address: str) -> int:
    settings = dataclasses.replace(
        load_settings(environment={}),
        folder=folder,
        care_database=address or f"sqlite:///{folder}/care.db",
        conversation_database=address or f"sqlite:///{folder}/conversations.db",
        channel_database=address,
        patient_port=free_port(),
        care_port=free_port(),
    )
    services = services_for(settings, str(ensure_model()))
    database.migrate(settings)
    try:
        for service in services:
            service.start()
        wait_until_up(services, START_SECONDS, print)
        return _load(options, settings)
    finally:
        stop_all(services)
        database.dispose(settings)


def _load(options: argparse.Namespace, settings: Settings) -> int:
    number = int(options.rate * options.seconds)
    base = f"http://{settings.host}:{settings.patient_port}/chat"
    desk = Desk(settings)
    desk.ready.wait(30)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        patients = list(pool.map(lambda place: _session(base, place), range(number)))
    meant: Dict[str, float] = {}
    answered: List[float] = []
    begin = time.time() + 1

    def write(place: int) -> None:
        client, conversation = patients[place]
        at = begin + place / options.rate
        time.sleep(max(0.0, at - time.time()))
        meant[conversation] = at
        client.post("/messages", json={"id": f"m-{place:08}", "text": WORDS.format(place)})
        answered.append(time.time() - at)

    load = os.getloadavg()[0]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        list(pool.map(write, range(number)))
    deadline = time.time() + 120
    while len(desk.arrived) < number and time.time() < deadline:
        time.sleep(0.1)
    waits = [desk.arrived[name] - at for name, at in meant.items() if name in desk.arrived]
    report = {
        "database": options.database,
        "rate": options.rate,
        "emergencies": number,
        "on the desk": len(waits),
        "message to desk, s": _summary(waits),
        "message to her answer, s": _summary(answered),
        "load average before": round(load, 1),
        "processors": os.cpu_count(),
    }
    print(json.dumps(report, indent=2))
    place = PROJECT / "reports" / "benchmarks"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"alerts_{options.database}.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0 if len(waits) == number else 1


def _session(base: str, place: int):
    # Each patient has an address of her own: the limits for one address are not the subject.
    own = f"127.{1 + place // 62500}.{place // 250 % 250}.{1 + place % 250}"
    client = httpx.Client(
        base_url=base, timeout=120, transport=httpx.HTTPTransport(local_address=own)
    )
    session = client.post("/session").raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {session['token']}"
    return client, session["conversation"]


def _summary(values: List[float]) -> Dict[str, object]:
    import numpy

    if not values:
        return {}
    random = numpy.random.default_rng(1)
    sample = numpy.array(values)
    rounds = random.choice(sample, (ROUNDS, len(sample)))
    found: Dict[str, object] = {"most": round(float(sample.max()), 3)}
    for share in (50, 99):
        low, high = numpy.quantile(numpy.percentile(rounds, share, axis=1), INTERVAL)
        found[f"p{share}"] = round(float(numpy.percentile(sample, share)), 3)
        found[f"p{share} 95 % interval"] = [round(float(low), 3), round(float(high), 3)]
    return found


if __name__ == "__main__":
    sys.exit(main())
