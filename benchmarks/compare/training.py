"""Trains the stock project and ours in processes of their own, and keeps what that took."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, List, Optional

from benchmarks.compare.stock import EPOCHS, write_project
from bot.settings import PROJECT

#: Where trained stock models lie from one run to the next; never committed.
KEPT = PROJECT / "var" / "compare"
#: The bar that Rasa draws while a network learns: epochs done of all, and the time they took.
#: It is drawn anew for each step of an epoch, also when all are done.
_BEGIN = "Epochs:   0%|          | 0/"
_BAR = re.compile(r"Epochs: 100%\|[^|]*\| \d+/\d+ \[(?:(\d+):)?(\d+):(\d+)<")
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


@dataclass(frozen=True)
class Trained:
    """A model and what its training took. Times in seconds, memory in megabytes.

    ``processor`` is the time of all threads: other programs on the machine hardly change it.
    ``loops`` has the wall time of each network's epochs, in the order of the pipeline.
    """

    model: str
    texts: int
    epochs: int
    seconds: float
    processor: float
    peak_memory: float
    loops: List[float]

    def at_full_length(self) -> Trained:
        """Return the training as it would be with Rasa's 100 epochs, extrapolated.

        Only the networks repeat; everything else is counted once, as it was measured.
        """
        longer = sum(self.loops) * (EPOCHS / self.epochs - 1)
        busy = self.processor / self.seconds
        return Trained(
            self.model,
            self.texts,
            EPOCHS,
            self.seconds + longer,
            self.processor + longer * busy,
            self.peak_memory,
            [each * EPOCHS / self.epochs for each in self.loops],
        )


def name_of(cap: Optional[int], epochs: int) -> str:
    """Return the name of a stock model without its ending."""
    return f"stock-{'all' if cap is None else cap}-{epochs}"


def train_stock(cap: Optional[int], epochs: int = EPOCHS, folder: Path = KEPT) -> Trained:
    """Return the stock model in ``folder``, training it first if there is none.

    Raises RuntimeError, naming the log, when Rasa does not train.
    """
    name = name_of(cap, epochs)
    model, record = folder / f"{name}.tar.gz", folder / f"{name}.json"
    if model.exists() and record.exists():
        return Trained(**{**json.loads(record.read_text(encoding="utf-8")), "model": str(model)})
    project = folder / name
    texts = write_project(project, cap=cap, epochs=epochs)
    command = ["-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml"]
    command += ["--data", "data", "--out", str(folder.resolve()), "--fixed-model-name", name]
    found = _run([*command, "--force"], project, folder / f"{name}.log")
    if not model.exists():
        raise RuntimeError(f"Rasa made no model; {folder / f'{name}.log'} says why.")
    loops = [float(each) for each in loop_seconds((folder / f"{name}.log").read_text())]
    trained = Trained(model=model.name, texts=texts, epochs=epochs, loops=loops, **found)
    record.write_text(json.dumps(asdict(trained), indent=1), encoding="utf-8")
    return trained


def train_ours(folder: Path = KEPT) -> Trained:
    """Train our model anew, as `make train` does, and return what it took."""
    from bot.nlu.second_reader_training import examples

    model = folder / "ours.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["-W", "ignore", "-m", "bot.nlu.train", str(model.resolve())]
    found = _run(command, PROJECT, folder / "ours.log")
    if not model.exists():
        raise RuntimeError(f"Training ended without a model; {folder / 'ours.log'} says why.")
    return Trained(str(model), len(examples()[0]), 0, loops=[], **found)


def loop_seconds(log: str) -> List[int]:
    """Return how many seconds each network's epochs took, from the bars in a log of Rasa."""
    found = []
    for bar in log.split(_BEGIN)[1:]:
        done = _BAR.findall(bar)
        if done:
            hours, minutes, seconds = done[-1]
            found.append(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds))
    return found


def _run(arguments: List[str], folder: Path, log: Path) -> Dict[str, float]:
    """Run Python with ``arguments`` and return what it took; its output goes into ``log``."""
    log.unlink(missing_ok=True)
    began = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "seconds": round(time.monotonic() - began, 1),
        "processor": round(used.ru_utime + used.ru_stime, 1),
        "peak_memory": round(used.ru_maxrss / 1024, 1),
    }
