"""One run of the comparison: both systems in turn, and everything that is measured of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, List

from benchmarks.compare.figures import plan
from benchmarks.compare.systems import Ours, Stock, System
from benchmarks.compare.texts import EMERGENCY, QUESTION, conversations

#: Memory is read after this many patients have written at once.
_MEMORY_AT = 16
LONG, QUICK_LONG = 310, 40
_FIRST_LINES, _QUICK_FIRST_LINES = 20, 4

Say = Callable[[str], None]


def measure(
    models: Dict[str, Path], folder: Path, *, repetitions: int, quick: bool, say: Say
) -> Dict[str, Any]:
    """Return what was measured of each system.

    ``speed`` has, by level, the conversations of each repetition; ``start`` is in seconds,
    ``memory`` in megabytes, ``processor_ms`` for a message at 16 at once, ``first_line`` and
    ``long`` (each turn) in seconds; ``unanswered`` counts messages without an answer. Raises
    RuntimeError when a system does not start or answer.
    """
    found: Dict[str, Any] = {
        name: {
            "speed": {},
            "start": [],
            "memory": [],
            "processor_ms": [],
            "first_line": {"question": [], "emergency": []},
            "long": [],
            "unanswered": 0,
        }
        for name in models
    }
    steps, began = plan(repetitions, quick), time.monotonic()
    for done, step in enumerate(steps, start=1):
        name, repetition = step["system"], step["repetition"]
        say(f"{time.monotonic() - began:4.0f} s  {done} of {len(steps)}: {name} starts")
        system = _system(name, folder / f"{name}-{repetition}", models[name])
        try:
            found[name]["start"].append(system.start())
            system.write(conversations(4, 1_000 + repetition), 4)
            for at_once, count in step["conversations"].items():
                held = _level(system, at_once, count, repetition, found[name])
                say(
                    f"        {name}, {at_once:2} at once: "
                    f"{10 * count / held['seconds']:6.1f} messages/s"
                )
            _first_lines(system, found[name], _QUICK_FIRST_LINES if quick else _FIRST_LINES)
            if repetition == 0:
                say(f"        {name}: one long conversation")
                found[name]["long"] = _long(system, QUICK_LONG if quick else LONG)
        finally:
            system.stop()
    return found


def _system(name: str, folder: Path, model: Path) -> System:
    return (Ours if name == "ours" else Stock)(folder, model)


def _level(
    system: System, at_once: int, count: int, repetition: int, found: Dict[str, Any]
) -> Dict[str, Any]:
    texts = conversations(count, 100 * repetition + at_once)
    before = system.processor()
    held = system.write(texts, at_once)
    found["speed"].setdefault(str(at_once), []).append(held["conversations"])
    found["unanswered"] += held["unanswered"]
    if at_once == _MEMORY_AT:
        messages = sum(map(len, texts))
        found["memory"].append(system.memory())
        found["processor_ms"].append(1000 * (system.processor() - before) / messages)
    return held


def _first_lines(system: System, found: Dict[str, Any], count: int) -> None:
    # Taking turns, so that neither kind has the better part of a run.
    kinds = ("question", "emergency") * count
    texts = {"question": QUESTION, "emergency": EMERGENCY}
    held = system.write([[texts[kind]] for kind in kinds], 1, first_line=True)
    for kind, one in zip(kinds, held["conversations"], strict=True):
        found["first_line"][kind].append(one["seconds"])


def _long(system: System, turns: int) -> List[float]:
    texts = [text for talk in conversations(1 + turns // 10, 77) for text in talk][:turns]
    return system.write([texts], 1)["conversations"][0]["messages"]
