"""The comparison as a page and a picture, from the raw figures; needs no service."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from benchmarks.compare.figures import (
    Ratio,
    compare_values,
    overall,
    percentile,
    resampled_median_ratio,
    speed_ratios,
    throughput,
    turn_growth,
)
from benchmarks.compare.training import Trained
from bot.evaluation.report import table

EARLY, LATE = 10, 300


def ratios(raw: Dict[str, Any]) -> List[Ratio]:
    """Return every ratio of ours to stock that was measured."""
    ours, stock = raw["systems"]["ours"], raw["systems"]["stock"]
    found = speed_ratios({"ours": ours["speed"], "stock": stock["speed"]})
    found.append(
        compare_values("start to first answer, s", ours["start"], stock["start"], "<= 0.5", 0.5)
    )
    found.append(
        compare_values("memory of all, MB (PSS)", ours["memory"], stock["memory"], "<= 0.6", 0.6)
    )
    found.append(
        compare_values(
            "processor ms a message, 16 at once", ours["processor_ms"], stock["processor_ms"], "", 0
        )
    )
    training = raw.get("training")
    if training:
        own = [training["ours"]["processor"]]
        full = Trained(**training["stock_all"]).at_full_length()
        found.append(
            compare_values(
                "training on all texts, processor s", own, [full.processor], "<= 0.3", 0.3
            )
        )
    return found


def growth(raw: Dict[str, Any]) -> Dict[str, float]:
    """Return for each system how much longer turn 300 takes than turn 10."""
    return {
        name: turn_growth(found["long"], EARLY, min(LATE, len(found["long"]) - 5))
        for name, found in raw["systems"].items()
        if found["long"]
    }


def markdown(raw: Dict[str, Any]) -> str:
    """Return the page: what was run, the table, the verdicts and what they leave out."""
    found = ratios(raw)
    rows = [
        (
            each.name,
            _figure(each.ours),
            _figure(each.stock),
            f"{each.value:.2f}" + (f" ({each.low:.2f} to {each.high:.2f})" if each.low else ""),
            each.target,
            ("yes" if each.met else "**no**") if each.target else "",
        )
        for each in found
    ]
    rows += _other_rows(raw)
    head = ("", "ours", "stock", "ours / stock (95 %)", "target", "met")
    lines = [
        "# Side by side with stock Rasa",
        "",
        f"    {raw['command']}",
        "",
        *raw["about"],
        "",
        *table(head, rows),
        "",
        "![Ours and stock](compare.png)",
        "",
        *_notes(raw),
    ]
    return "\n".join(lines) + "\n"


def _other_rows(raw: Dict[str, Any]) -> List[Sequence[str]]:
    rows: List[Sequence[str]] = []
    grown = growth(raw)
    if grown:
        turn = min(LATE, len(raw["systems"]["ours"]["long"]) - 5)
        met = "yes" if grown["ours"] <= 1.5 else "**no**"
        own, theirs = (f"{grown[name]:.2f}" for name in ("ours", "stock"))
        rows.append((f"p50 at turn {turn} over turn {EARLY}", own, theirs, "", "ours <= 1.5", met))
    rows.append(_emergency_row(raw["systems"]["ours"]["first_line"]))
    accuracy = raw.get("accuracy")
    if accuracy:
        own, stock, all_ = (accuracy[name] for name in ("ours", "stock", "ours_all"))
        gain, low, high = accuracy["difference"]
        rows.append(
            (
                f"right intents, held out; learnt from {accuracy['cap']} texts an intent",
                _share(own),
                _share(stock),
                f"{100 * gain:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})",
                "higher",
                "yes" if low > 0 else "**no**",
            )
        )
        rows.append(
            ("the same, ours learnt from all texts", _share(all_), _share(stock), "", "", "")
        )
    return rows


def _emergency_row(first: Dict[str, List[float]]) -> Sequence[str]:
    value, low, high = resampled_median_ratio(first["emergency"], first["question"])
    asked, alarmed = (1000 * float(np.median(first[kind])) for kind in ("question", "emergency"))
    return (
        "first line on her page, ms: emergency / question",
        f"{alarmed:.0f} / {asked:.0f}",
        "",
        f"{value:.2f} ({low:.2f} to {high:.2f}), both ours",
        "<= 1",
        "yes" if low <= 1 else "**no**",
    )


def _notes(raw: Dict[str, Any]) -> List[str]:
    notes = [f"- {line}" for line in raw["notes"]]
    silent = {name: found["unanswered"] for name, found in raw["systems"].items()}
    return [
        *notes,
        f"- Messages without an answer: {silent['ours']} ours, {silent['stock']} stock.",
    ]


def draw(raw: Dict[str, Any], path: Path) -> None:
    """Draw throughput, times and growth into ``path``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4))
    for name, colour in (("ours", "#0b7285"), ("stock", "#e8590c")):
        found = raw["systems"][name]
        levels = sorted(found["speed"], key=int)
        at = [int(level) for level in levels]
        rates = [overall(found["speed"][level], throughput(int(level))) for level in levels]
        left.plot(at, rates, "o-", color=colour, label=name)
        for share, style in ((50, "o-"), (95, "o--")):
            times = [overall(found["speed"][level], percentile(share)) for level in levels]
            middle.plot(at, times, style, color=colour, label=f"{name} p{share}")
        if found["long"]:
            turns = _smooth([1000 * seconds for seconds in found["long"]])
            right.plot(range(1, len(turns) + 1), turns, color=colour, label=name)
    for axes, title, unit in (
        (left, "Messages a second", "messages/s"),
        (middle, "Time to the answer", "ms"),
        (right, "One long conversation", "ms (median of 9 turns)"),
    ):
        axes.set(title=title, ylabel=unit, xlabel="conversations at once", ylim=(0, None))
        axes.legend(frameon=False)
        axes.grid(alpha=0.3)
    right.set_xlabel("turn")
    for axes in (left, middle):
        axes.set_xscale("log", base=4)
        axes.set_xticks(at, [str(each) for each in at])
    middle.set_ylim(1, None)
    middle.set_yscale("log")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _smooth(times: Sequence[float], around: int = 4) -> List[float]:
    return [
        float(np.median(times[max(0, at - around) : at + around + 1])) for at in range(len(times))
    ]


def _figure(value: Optional[float]) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _share(found: Dict[str, Any]) -> str:
    return (
        f"{100 * found['value']:.1f} % ({100 * found['low']:.1f} to {100 * found['high']:.1f}; "
        f"{found['count']}/{found['total']})"
    )
