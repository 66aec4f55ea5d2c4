"""``python -m benchmarks.dispatch``: how many notifications a second the outbox sends.

A burst of alerts is written, then one and two care processes' dispatchers empty the outbox to a
receiver on this machine that answers after ``--answer`` seconds. Figures of decision 20.
"""

import argparse
import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.faults.world import WORDS, World, wait_for
from benchmarks.postgresql import cluster
from bot.assessment import assess_text
from bot.care import database
from bot.care.alerts import raise_alert
from bot.care.dispatcher import Dispatcher
from bot.triage.vocabulary import Level, Subtype


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch")
    parser.add_argument("--alerts", type=int, default=500)
    parser.add_argument("--answer", type=float, default=0.1, help="seconds the receiver takes")
    options = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    for kind in ("sqlite", "postgresql"):
        for dispatchers in (1, 2):
            print(measured(kind, dispatchers, options), flush=True)
    return 0


def measured(kind: str, dispatchers: int, options) -> str:
    """Return one line: how long writing and sending took."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dispatch-")))
        server = stack.enter_context(cluster()) if kind == "postgresql" else None
        world = World(folder, server)
        stack.callback(world.close)
        world.receiver.seconds = options.answer
        writing = _write(world, options.alerts)
        began = time.monotonic()
        start = multiprocessing.get_context("spawn").Process
        processes = [
            start(target=_dispatch, args=(world.settings,), daemon=True) for _ in range(dispatchers)
        ]
        for process in processes:
            process.start()
        wait_for(lambda: world.receiver.references, "the first notification")
        began, used = time.monotonic(), sum(_processor_seconds(each.pid) for each in processes)
        wait_for(lambda: len(world.receiver.references) >= options.alerts, "every notification")
        sending = time.monotonic() - began
        used = sum(_processor_seconds(each.pid) for each in processes) - used
        for process in processes:
            process.kill()
            process.join()
        twice = sum(world.receiver.references.values()) - len(world.receiver.references)
    return (
        f"{kind}, {dispatchers} dispatcher(s), {options.alerts} alerts: "
        f"{options.alerts / writing:.0f} alerts a second written, "
        f"{options.alerts / sending:.0f} notifications a second sent, "
        f"{used / options.alerts * 1000:.0f} ms of processor time each, twice {twice}"
    )


def _processor_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _write(world: World, number: int) -> float:
    assessment = assess_text(WORDS)
    began = time.monotonic()
    for place in range(number):
        with database.transaction(world.settings) as session:
            raise_alert(
                session,
                conversation_id=f"patient-{place}",
                channel="web",
                level=Level.EMERGENCY_NOW,
                subtype=Subtype.ALLERGIC,
                assessment=assessment,
                text=WORDS,
            )
    return time.monotonic() - began


def _dispatch(settings) -> None:
    Dispatcher(settings).start()
    time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
