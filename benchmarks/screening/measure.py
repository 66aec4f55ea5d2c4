"""The measurements: throughput, time per message, time against length, start of ``assess``."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np

from bot.evaluation.cases import DEVELOPMENT, read_cases
from bot.evaluation.perturbations import perturb
from bot.evaluation.statistics import percentile_interval
from bot.settings import PROJECT

SHORT = 300
LENGTHS = (100, 200, 500, 1_000, 2_000, 4_000, 7_000, 10_000)


@dataclass(frozen=True)
class Measured:
    """Median of the repeats with its 95 % bootstrap interval, and the unit."""

    name: str
    median: float
    low: float
    high: float
    unit: str


def measured(name: str, repeats: Sequence[float], unit: str) -> Measured:
    return Measured(name, *percentile_interval(repeats), unit)


def use_one_core() -> str:
    """Pin this process to one core where the system can, and say what was done."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned to a core: this system cannot"
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"pinned to core {core}"


def short_messages() -> List[str]:
    """Return the development messages of up to 300 characters."""
    return [case.text for case in read_cases(DEVELOPMENT) if len(case.text) <= SHORT]


def per_message(
    assess: Callable[[str], object], texts: Sequence[str], repeats: int
) -> List[Measured]:
    """Return throughput and percentiles over ``repeats`` passes, after one pass to warm up.

    Each pass puts other typing errors into the messages: the same texts again would measure the
    caches, and a real message is always new.
    """
    rates: List[float] = []
    percentiles: Dict[int, List[float]] = {50: [], 95: [], 99: []}
    _times(assess, texts)
    for turn in range(repeats):
        times = _times(assess, perturb("one typo", list(texts), seed=turn))
        rates.append(len(texts) / sum(times))
        for percent, values in percentiles.items():
            values.append(1000 * float(np.percentile(times, percent)))
    return [
        measured("throughput", rates, "messages/s"),
        *(measured(f"p{percent}", values, "ms") for percent, values in percentiles.items()),
    ]


def _times(assess: Callable[[str], object], texts: Sequence[str]) -> List[float]:
    return [_seconds(assess, text) for text in texts]


def _seconds(assess: Callable[[str], object], text: str) -> float:
    # Processor time: nothing here waits for anything, and other programs hardly disturb it.
    start = time.process_time()
    assess(text)
    return time.process_time() - start


def long_texts(texts: Sequence[str]) -> Dict[str, Callable[[int], str]]:
    """Return kinds of long text, each as a function of the number of characters.

    Real messages run together are the usual case. The others are what an attacker or a stuck key
    would send: nothing but findings, one endless word, nothing but negations, signs only.
    """
    together = " ".join(texts)

    def repeated(part: str) -> Callable[[int], str]:
        return lambda length: (part * (length // len(part) + 1))[:length]

    return {
        "messages run together": repeated(together + " "),
        "findings only": repeated("throat tight, cant breathe, lips swollen, hives, fainted "),
        "one word": repeated("a"),
        "negations": repeated("no not never without "),
        "signs": repeated("?! ... \n"),
    }


def against_length(
    assess: Callable[[str], object], texts: Sequence[str], repeats: int
) -> Dict[str, List[Tuple[int, float]]]:
    """Return for each kind of text the lengths and the fastest time in milliseconds."""
    return {
        kind: [
            (length, 1000 * min(_seconds(assess, make(length)) for _ in range(repeats)))
            for length in LENGTHS
        ]
        for kind, make in long_texts(texts).items()
    }


def growth(points: Sequence[Tuple[int, float]]) -> float:
    """Return the exponent of the growth from 1,000 characters on: 1 is linear, 2 quadratic."""
    tail = [(length, value) for length, value in points if length >= 1_000]
    lengths, values = zip(*tail, strict=True)
    return float(np.polyfit(np.log(lengths), np.log(values), 1)[0])


def start_of_assess(repeats: int) -> List[Measured]:
    """Return time and peak memory of ``python -m bot assess`` with one message."""
    seconds, processor, megabytes = [], [], []
    for _ in range(repeats):
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "assess"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        process.stdin.write(b'{"id": 1, "text": "my arm is sore"}\n')
        process.stdin.close()
        answer = process.stdout.read()
        # wait4 and not wait: it also tells the peak memory of exactly this child.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds.append(time.perf_counter() - start)
        if process.returncode or b'"level"' not in answer:
            raise RuntimeError(f"`python -m bot assess` failed with {process.returncode}")
        processor.append(usage.ru_utime + usage.ru_stime)
        kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        megabytes.append(kilobytes / 1024)
    return [
        measured("assess, one message, start to end", seconds, "s"),
        measured("assess, processor time of the same", processor, "s"),
        measured("assess, peak resident memory", megabytes, "MB"),
    ]


def machine() -> str:
    """Return in one line what the figures were measured on."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
