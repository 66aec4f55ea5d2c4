"""Ratios of ours to stock with bootstrap intervals, against the targets. Pure; needs no service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

RESAMPLES = 1_000
LEVELS = (1, 4, 16, 64)
#: The conversations of each repetition: its seconds and those of each message, equally many.
Runs = Sequence[Sequence[Mapping[str, Any]]]
#: From the seconds of conversations, and those of messages with a row for each conversation.
Statistic = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Ratio:
    """Ours over stock with a 95 % interval; ``low`` and ``high`` are None for a single measure."""

    name: str
    ours: float
    stock: float
    value: float
    low: Optional[float]
    high: Optional[float]
    target: str
    met: bool


def percentile(share: float) -> Statistic:
    """Return the function that gives a percentile of the messages' times, in milliseconds."""
    return lambda seconds, messages: float(1000 * np.percentile(messages, share))


def throughput(at_once: int) -> Statistic:
    """Return the function that gives messages per second while ``at_once`` patients write.

    From the mean length of a conversation, so that the end of a run, when fewer patients are left,
    does not count.
    """
    return lambda seconds, messages: float(at_once * messages.size / seconds.sum())


def overall(runs: Runs, statistic: Statistic) -> float:
    """Return the statistic of all repetitions together."""
    held = [_arrays(run) for run in runs]
    return statistic(*(np.concatenate(part) for part in zip(*held, strict=True)))


def resampled(runs: Runs, statistic: Statistic, seed: int = 0) -> np.ndarray:
    """Return the statistic of ``RESAMPLES`` resamples: repetitions, then conversations in each."""
    random = np.random.default_rng(seed)
    held = [_arrays(run) for run in runs]
    values = []
    for _ in range(RESAMPLES):
        parts = []
        for seconds, messages in (held[run] for run in random.integers(len(held), size=len(held))):
            picked = random.integers(len(seconds), size=len(seconds))
            parts.append((seconds[picked], messages[picked]))
        values.append(statistic(*(np.concatenate(part) for part in zip(*parts, strict=True))))
    return np.array(values)


def interval(values: np.ndarray) -> Tuple[float, float]:
    """Return the 95 % percentile interval."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def compare(
    name: str, ours: Runs, stock: Runs, statistic: Statistic, target: str, limit: float
) -> Ratio:
    """Return the ratio of a statistic; ``limit`` is the most (``<=``) or least (``>=``) allowed."""
    values = resampled(ours, statistic, 1) / resampled(stock, statistic, 2)
    own, theirs = overall(ours, statistic), overall(stock, statistic)
    return Ratio(
        name, own, theirs, own / theirs, *interval(values), *_verdict(target, own / theirs, limit)
    )


def compare_values(
    name: str, ours: Sequence[float], stock: Sequence[float], target: str, limit: float
) -> Ratio:
    """Return the ratio of two means, one value a repetition; one value each has no interval."""
    own, theirs = float(np.mean(ours)), float(np.mean(stock))
    low = high = None
    if len(ours) > 1 and len(stock) > 1:
        random = np.random.default_rng(3)
        low, high = interval(_means(ours, random) / _means(stock, random))
    return Ratio(name, own, theirs, own / theirs, low, high, *_verdict(target, own / theirs, limit))


def turn_growth(conversation: Sequence[float], early: int, late: int, around: int = 5) -> float:
    """Return the median time around turn ``late`` over that around turn ``early``."""

    def median(turn: int) -> float:
        return float(np.median(conversation[max(0, turn - 1 - around) : turn + around]))

    return median(late) / median(early)


def resampled_median_ratio(
    above: Sequence[float], below: Sequence[float]
) -> Tuple[float, float, float]:
    """Return the ratio of two medians with a 95 % interval."""
    random = np.random.default_rng(5)

    def medians(values: Sequence[float]) -> np.ndarray:
        picked = random.integers(len(values), size=(RESAMPLES, len(values)))
        return np.median(np.array(values)[picked], axis=1)

    low, high = interval(medians(above) / medians(below))
    return float(np.median(above) / np.median(below)), low, high


def paired_difference(ours: Sequence[bool], stock: Sequence[bool]) -> Tuple[float, float, float]:
    """Return how much more often ours is right, on the same texts, with a 95 % interval."""
    difference = np.array(ours, dtype=float) - np.array(stock, dtype=float)
    random = np.random.default_rng(4)
    picked = random.integers(len(difference), size=(RESAMPLES, len(difference)))
    low, high = interval(difference[picked].mean(axis=1))
    return float(difference.mean()), low, high


def speed_ratios(runs: Mapping[str, Mapping[str, Runs]]) -> List[Ratio]:
    """Return the ratios of speed; ``runs`` has the repetitions by system and level."""
    ours, stock = runs["ours"], runs["stock"]
    p50, p95, p99 = percentile(50), percentile(95), percentile(99)
    found = []
    for level in sorted(set(ours) & set(stock), key=int):
        at_once, pair = int(level), (ours[level], stock[level])
        goal = (">= 5", 5.0) if at_once == 16 else ("", 0.0)
        found.append(compare(f"messages/s, {level} at once", *pair, throughput(at_once), *goal))
        goal = ("<= 1/3", 1 / 3) if at_once == 1 else ("", 0.0)
        found.append(compare(f"p50 ms, {level} at once", *pair, p50, *goal))
        goal = ("<= 1/5", 1 / 5) if at_once == 16 else ("", 0.0)
        found.append(compare(f"p95 ms, {level} at once", *pair, p95, *goal))
        found.append(compare(f"p99 ms, {level} at once", *pair, p99, "", 0.0))
    return found


def plan(repetitions: int, quick: bool) -> List[Dict[str, Any]]:
    """Return the steps of a run in order: systems take turns, and who begins changes."""
    counts = {1: 3, 4: 4, 16: 16, 64: 64} if quick else {1: 8, 4: 16, 16: 48, 64: 64}
    steps = []
    for repetition in range(repetitions):
        order = ("ours", "stock") if repetition % 2 == 0 else ("stock", "ours")
        for system in order:
            steps.append({"system": system, "repetition": repetition, "conversations": counts})
    return steps


def _arrays(run: Sequence[Mapping[str, Any]]) -> Tuple[np.ndarray, np.ndarray]:
    return np.array([one["seconds"] for one in run]), np.array([one["messages"] for one in run])


def _means(values: Sequence[float], random: np.random.Generator) -> np.ndarray:
    picked = random.integers(len(values), size=(RESAMPLES, len(values)))
    return np.array(values)[picked].mean(axis=1)


def _verdict(target: str, value: float, limit: float) -> Tuple[str, bool]:
    if not target:
        return "", True
    return target, value >= limit if target.startswith(">") else value <= limit
