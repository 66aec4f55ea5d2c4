"""``python -m benchmarks.cluster`` (`make cluster`): kill -9 while patients write, and count."""

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from benchmarks.cluster.patients import Patient
from benchmarks.cluster.topology import missing, running
from bot.care import database
from bot.care.alerts import list_alerts
from bot.service.training import ensure_model

#: In this order, one at a time; each is well again before the next.
ORDER = ("rasa 1", "care 1", "redis", "proxy", "postgresql", "rasa 2", "care 2")
SETTLE_SECONDS = 120
#: Of all patients together, unless ``--pause`` says otherwise: what two cores carry beside it all.
MESSAGES_A_SECOND = 5.0
#: Seconds between a process that is well again and the next kill: so many of the patients write.
_SHARE, _LEAST = 0.4, 8.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument(
        "--pause", type=float, help="seconds between her messages (default: five messages a second)"
    )
    parser.add_argument("--minutes", type=float, default=15.0, help="no further kill after these")
    parser.add_argument("--rounds", type=int, default=1, help="how often each process is killed")
    parser.add_argument("--kill", action="append", choices=ORDER, help="these only")
    parser.add_argument("--keep", action="store_true", help="kill nothing; run until Ctrl-C")
    parser.add_argument("--model", type=Path, help="a trained model (default: that of the sources)")
    parser.add_argument("--logs", type=Path, help="where to keep the logs")
    options = parser.parse_args()
    # Whoever stops this stops what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options.pause = options.pause or max(4.0, options.conversations / MESSAGES_A_SECOND)
    needed = missing()
    if needed:
        print("\n".join(needed), file=sys.stderr)
        return 1
    with running(options.model or ensure_model()) as topology:
        print(f"Patients {topology.patients}/chat/   desk {topology.desk}/desk", flush=True)
        if options.keep:
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
            return 0
        try:
            return run(topology, options)
        finally:
            if options.logs:
                _keep_logs(topology, options.logs)


def run(topology, options) -> int:
    """Let patients write while processes are killed; print the count; 0 when nothing was lost."""
    stop = threading.Event()
    patients = [
        Patient(topology.patients, number, stop, options.pause)
        for number in range(options.conversations)
    ]
    for patient in patients:
        patient.start()
        time.sleep(options.pause / options.conversations)
    between = max(_LEAST, _SHARE * options.pause)
    time.sleep(between)
    kills, victims = 0, topology.victims()
    end = time.monotonic() + 60 * options.minutes
    for name in (options.kill or ORDER) * options.rounds:
        if time.monotonic() > end:
            print(f"{options.minutes:g} minutes are over: {name} and what follows was not killed")
            break
        kill, start = victims[name]
        began = time.monotonic()
        kill()
        kills += 1
        time.sleep(1)
        start()
        print(f"killed {name}; well again after {time.monotonic() - began:.0f} s", flush=True)
        time.sleep(between)
    stop.set()
    for patient in patients:
        patient.join()
    return report(topology, patients, kills)


def report(topology, patients, kills: int) -> int:
    """Print what was counted and return the exit status."""
    in_emergency = {p.conversation for p in patients if p.emergency_id in p.answered}
    lost = _lost(topology.settings, in_emergency)
    unanswered = [id for p in patients for id in p.unanswered]
    doubled = [id for p in patients for id in p.doubled()]
    disordered = [id for p in patients for id in p.out_of_order()]
    told = sum(
        not any("EMERGENCY" in text for text in p.answered[p.emergency_id])
        for p in patients
        if p.emergency_id in p.answered
    )
    answered = sum(len(p.answered) for p in patients)
    print(
        f"\n{len(patients)} conversations, {kills} kills, {answered} messages answered, "
        f"load average {os.getloadavg()[0]:.1f}\n"
        f"unanswered            {len(unanswered)}\n"
        f"answered twice        {len(doubled)}\n"
        f"out of order          {len(disordered)}\n"
        f"emergencies           {len(in_emergency)}\n"
        f"alerts lost           {len(lost)}\n"
        f"emergency text missing {told}\n"
        f"requests sent again   {sum(p.retries for p in patients)}\n"
        f"longest answer        {max(p.longest for p in patients):.1f} s",
        flush=True,
    )
    for name, ids in (("unanswered", unanswered), ("twice", doubled), ("order", disordered)):
        if ids:
            print(f"{name}: {', '.join(ids[:20])}")
    return 1 if unanswered or doubled or disordered or lost else 0


def _lost(settings, conversations: set) -> set:
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        with database.reading(settings) as session:
            alerts = list_alerts(session, include_closed=True, limit=100_000)
            raised = {alert.episode.patient.conversation_id for alert in alerts}
        lost = conversations - raised
        if not lost or time.monotonic() > deadline:
            return lost
        time.sleep(1)


def _keep_logs(topology, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for log in topology.folder.rglob("*.log"):
        target = folder / f"{log.parent.parent.name}-{log.name}"
        target.write_bytes(log.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
