"""``python -m benchmarks.screening``: prints a table, writes a plot into reports/."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from benchmarks.screening.measure import (
    SHORT,
    Measured,
    against_length,
    growth,
    machine,
    per_message,
    short_messages,
    start_of_assess,
    use_one_core,
)
from bot.settings import PROJECT

#: Okabe-Ito, told apart by colour-blind readers; with markers for print.
STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#000000", "x"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screening", description=__doc__)
    parser.add_argument("--repeats", type=int, default=10, help="passes over the messages")
    parser.add_argument("--out", type=Path, default=PROJECT / "reports" / "benchmarks")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    print(machine())
    print("start of `python -m bot assess` ...", flush=True)
    rows = start_of_assess(options.repeats)
    print(use_one_core(), flush=True)

    from bot.assessment import assess_text

    texts = short_messages()
    print(f"{len(texts)} messages of up to {SHORT} characters ...", flush=True)
    rows = per_message(assess_text, texts, options.repeats) + rows
    print("time against length ...", flush=True)
    curves = against_length(assess_text, texts, min(options.repeats, 5))

    lines = [*table(rows), "", *lengths_table(curves)]
    print("\n".join(["", *lines]))
    (options.out / "screening.md").write_text("\n".join([machine(), "", *lines, ""]))
    plot(curves, options.out / "length.png")
    print(f"\nWritten: {options.out / 'screening.md'}, {options.out / 'length.png'}")


def table(rows: Sequence[Measured]) -> List[str]:
    lines = ["| measured | median | 95 % interval | unit |", "|---|---|---|---|"]
    return lines + [
        f"| {row.name} | {row.median:.4g} | {row.low:.4g} to {row.high:.4g} | {row.unit} |"
        for row in rows
    ]


def lengths_table(curves: Dict[str, List[Tuple[int, float]]]) -> List[str]:
    lengths = [length for length, _ in next(iter(curves.values()))]
    head = ["text", *(f"{length:,} characters" for length in lengths), "growth exponent"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for kind, points in curves.items():
        cells = [kind, *(f"{value:.1f} ms" for _, value in points), f"{growth(points):.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def plot(curves: Dict[str, List[Tuple[int, float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5))
    for (kind, points), (colour, marker) in zip(curves.items(), STYLES, strict=True):
        axes.plot(*zip(*points, strict=True), color=colour, marker=marker, label=kind)
    axes.set_xlabel("characters in the message")
    axes.set_ylabel("milliseconds of processor time")
    axes.set_title("Screening and triage against length")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    main()
