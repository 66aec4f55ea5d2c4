"""``python -m benchmarks.intents``: accuracy, speed, memory and training time of each system."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np
import psutil
from sklearn.model_selection import StratifiedKFold

from benchmarks.intents.systems import SYSTEMS, Rank
from bot.evaluation.intents import (
    INTENTS_DEVELOPMENT,
    INTENTS_TEST,
    Question,
    Reading,
    figures,
    read_questions,
    read_real,
)
from bot.evaluation.nlu import threshold
from bot.evaluation.report import table
from bot.nlu.second_reader_training import KnownVectors, examples
from bot.screening.vector_store import vectors_of
from bot.settings import PROJECT

HEAD = (
    "system",
    "measured on",
    "right",
    "macro-F1",
    "out of scope recognised",
    "in scope turned away",
    "… or asked",
)
SPEED = ("system", "p50 ms", "p95 ms", "memory MB", "training s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intents", description=__doc__)
    parser.add_argument(
        "--systems", nargs="+", choices=SYSTEMS, default=[s for s in SYSTEMS if s != "diet"]
    )
    parser.add_argument("--folds", type=int, default=3, help="how many of three folds, 0 for none")
    parser.add_argument("--most", type=int, help="at most so many texts of each intent")
    parser.add_argument("--held-out", action="store_true", help="measure the test set too")
    parser.add_argument("--real", type=Path, help="real questions by topic")
    parser.add_argument("--out", type=Path, default=PROJECT / "reports" / "benchmarks")
    options = parser.parse_args()
    texts, intents = subset(*examples(), options.most)
    print(f"{len(texts)} texts; sentence vectors ...", flush=True)
    vectors = vectors_of(texts)
    library = KnownVectors(texts, vectors)
    sets = {"development": read_questions(INTENTS_DEVELOPMENT)}
    if options.held_out:
        sets["held-out"] = read_questions(INTENTS_TEST)
    if options.real and options.real.exists():
        sets["real"] = read_real(options.real)[0]
    rows: List[Sequence[object]] = []
    speeds: List[Sequence[object]] = []
    for name in options.systems:
        learn = SYSTEMS[name]
        splits = StratifiedKFold(3, shuffle=True, random_state=0).split(texts, intents)
        folded: List[Reading] = []
        for _, (learnt, left) in zip(range(options.folds), splits, strict=False):
            print(f"{name}: a fold of {len(learnt)} texts ...", flush=True)
            names = [intents[i] for i in learnt]
            rank = learn([texts[i] for i in learnt], names, vectors[learnt], library)
            questions = [Question(str(i), texts[i], frozenset({intents[i]})) for i in left]
            folded += _read(rank, questions)
        if folded:
            rows.append(_row(name, f"{options.folds} of 3 folds", folded))
        print(f"{name}: all texts ...", flush=True)
        before, started = psutil.Process().memory_info().rss, time.process_time()
        rank = learn(texts, intents, vectors, library)
        trained = time.process_time() - started
        taken: List[float] = []
        for source, questions in sets.items():
            rows.append(_row(name, source, _read(rank, questions, taken)))
        grown = (psutil.Process().memory_info().rss - before) / 1e6
        p50, p95 = np.percentile(taken, [50, 95])
        speeds.append((name, f"{p50:.1f}", f"{p95:.1f}", f"{grown:.0f}", f"{trained:.0f}"))
        print("\n".join([*table(HEAD, rows), "", *table(SPEED, speeds), ""]), flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    lines = [*table(HEAD, rows), "", *table(SPEED, speeds), ""]
    (options.out / "intents.md").write_text("\n".join(lines), encoding="utf-8")


def subset(
    texts: Sequence[str], intents: Sequence[str], most: Optional[int]
) -> Tuple[List[str], List[str]]:
    """Return at most ``most`` texts of each intent, drawn evenly and the same on every run."""
    if most is None:
        return list(texts), list(intents)
    order, taken = np.random.default_rng(0).permutation(len(texts)), Counter[str]()
    kept = []
    for at in order:
        if taken[intents[at]] < most:
            taken[intents[at]] += 1
            kept.append(at)
    return [texts[at] for at in sorted(kept)], [intents[at] for at in sorted(kept)]


def _read(
    rank: Rank, questions: Sequence[Question], taken: List[float] | None = None
) -> List[Reading]:
    readings = []
    for question in questions:
        started = time.process_time()
        intent, confidence = rank(question.text)[0]
        if taken is not None:
            taken.append(1000 * (time.process_time() - started))
        readings.append(Reading(question, str(intent), float(confidence)))
    return readings


def _row(name: str, source: str, readings: List[Reading]) -> Sequence[object]:
    found = figures(readings, threshold())
    f1 = f"{found.macro_f1[0]:.2f}" if found.macro_f1 else ""
    shares = (found.accuracy, found.recognised, found.turned_away, found.turned_away_or_asked)
    right, recognised, away, asked = (f"{share.value:.3f}" for share in shares)
    return name, source, right, f1, recognised, away, asked


if __name__ == "__main__":
    main()
