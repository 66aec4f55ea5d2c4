"""``python -m benchmarks.compare.replicas``: what a second rasa process brings, on PostgreSQL.

The topology of benchmarks.cluster (PostgreSQL, Redis, the proxy, as many care as rasa processes),
with one replica and with two, in turn. Patients, database and proxy share the cores with them, so
on two cores the wall time says little; the processor time of a message in a rasa process says
whether replicas stand in each other's way.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Dict

import psutil

from benchmarks.cluster.topology import missing, running
from benchmarks.compare.figures import overall, throughput
from benchmarks.compare.load_process import write
from benchmarks.compare.systems import RATE_FACTOR
from benchmarks.compare.texts import conversations
from bot.service.training import ensure_model


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare.replicas")
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--conversations", type=int, default=128)
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--model", type=Path, help="a trained model (default: that of the sources)")
    options = parser.parse_args()
    needed = missing()
    if needed:
        print("\n".join(needed), file=sys.stderr)
        return 1
    model = (options.model or ensure_model()).resolve()
    found: Dict[int, list] = {1: [], 2: []}
    for repetition in range(options.repetitions):
        for replicas in (1, 2) if repetition % 2 == 0 else (2, 1):
            found[replicas].append(_measured(model, replicas, options))
    for replicas, runs in found.items():
        rate = overall([run["held"] for run in runs], throughput(options.at_once))
        spent = sum(run["processor_ms"] for run in runs) / len(runs)
        busy = sum(run["cores"] for run in runs) / len(runs)
        print(
            f"{replicas} rasa: {rate:6.1f} messages/s, {spent:5.1f} ms of processor a message in "
            f"rasa, which used {busy:.2f} cores"
        )
    rates = {n: overall([r["held"] for r in runs], throughput(1)) for n, runs in found.items()}
    print(f"two over one: {rates[2] / rates[1]:.2f}")
    return 0


def _measured(model: Path, replicas: int, options: argparse.Namespace) -> Dict[str, Any]:
    def say(line: str) -> None:
        print(f"  {replicas}: {line}", flush=True)

    with running(model, say, replicas, RATE_FACTOR) as topology:
        processes = [psutil.Process(service.process.pid) for service in topology.rasa]
        write("ours", topology.patients, conversations(4 * replicas, 5), 4)
        before = sum(map(_seconds, processes))
        held = write(
            "ours", topology.patients, conversations(options.conversations, 6), options.at_once
        )
        spent = sum(map(_seconds, processes)) - before
    messages = sum(len(one["messages"]) for one in held["conversations"])
    say(f"{messages / held['seconds']:.1f} messages/s, {held['unanswered']} unanswered")
    return {
        "held": held["conversations"],
        "processor_ms": 1000 * spent / messages,
        "cores": spent / held["seconds"],
    }


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    sys.exit(main())
