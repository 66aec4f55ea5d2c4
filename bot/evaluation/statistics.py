"""Proportions with their uncertainty: Wilson intervals, Clopper-Pearson bounds, paired drops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

import numpy as np
from scipy.stats import beta, binomtest

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """``count`` of ``total`` with the 95 % Wilson score interval. All NaN when ``total`` is 0."""

    count: int
    total: int
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if not self.total:
            return "no cases"
        return (
            f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f}; "
            f"{self.count}/{self.total})"
        )


def proportion(count: int, total: int) -> Proportion:
    """Return ``count / total`` with its 95 % Wilson interval.

    Raises ValueError when the counts are impossible.
    """
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is not a proportion: need 0 <= count <= total")
    if total == 0:
        return Proportion(0, 0, float("nan"), float("nan"), float("nan"))
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    # Rounding in the formula leaves 1e-17 where the bound is exactly 0 or 1.
    low = 0.0 if count == 0 else float(interval.low)
    high = 1.0 if count == total else float(interval.high)
    return Proportion(count, total, count / total, low, high)


def upper_bound(count: int, total: int) -> float:
    """Return the one-sided 95 % Clopper-Pearson upper bound of ``count / total``.

    The true rate is below it with at least 95 % confidence; for 0 of n it is about 3 / n.
    """
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is not a proportion: need 0 <= count <= total")
    if count == total:
        return 1.0
    return float(beta.ppf(CONFIDENCE, count + 1, total - count))


@dataclass(frozen=True)
class Drop:
    """How much a proportion fell on the same cases, with a 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    lost: int
    gained: int

    def __str__(self) -> str:
        return (
            f"{100 * self.value:+.1f} points ({100 * self.low:+.1f} to {100 * self.high:+.1f}; "
            f"lost {self.lost}, gained {self.gained})"
        )


def paired_drop(before: Sequence[bool], after: Sequence[bool], seed: int = 0) -> Drop:
    """Return the change from ``before`` to ``after`` on the same cases (negative: fewer hits).

    The interval resamples cases, 2,000 times, with a fixed seed, so that a rerun agrees.
    """
    if len(before) != len(after) or not len(before):
        raise ValueError("A paired drop needs the same cases before and after, and at least one")
    difference = np.asarray(after, dtype=int) - np.asarray(before, dtype=int)
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(difference), size=(2000, len(difference)))
    low, high = np.percentile(difference[picks].mean(axis=1), [2.5, 97.5])
    return Drop(
        float(difference.mean()),
        float(low),
        float(high),
        lost=int((difference < 0).sum()),
        gained=int((difference > 0).sum()),
    )


def percentile_interval(repeats: Sequence[float]) -> Tuple[float, float, float]:
    """Return the median of repeated measurements and their 95 % bootstrap interval."""
    values = np.asarray(repeats, dtype=float)
    generator = np.random.default_rng(0)
    picks = generator.integers(0, len(values), size=(2000, len(values)))
    low, high = np.percentile(np.median(values[picks], axis=1), [2.5, 97.5])
    return float(np.median(values)), float(low), float(high)
