"""The plots of the report, as PNG files. Colours are told apart by colour-blind readers too."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Mapping, Sequence

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from bot.evaluation.measures import LEVELS, Detection, Triage, name
from bot.evaluation.statistics import Drop, Proportion

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#595959"


def save(figure: plt.Figure, path: Path) -> None:
    """Write ``figure`` to ``path`` and free it."""
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def confusion(matrix: Sequence[Sequence[int]], path: Path) -> None:
    """Draw wanted levels against answered levels; the colour is the share of the row."""
    names = [name(level).replace("_", " ").lower() for level in LEVELS]
    shares = [[cell / (sum(row) or 1) for cell in row] for row in matrix]
    figure, axes = plt.subplots(figsize=(7.5, 6))
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for row, cells in enumerate(matrix):
        for column, cell in enumerate(cells):
            colour = "black" if shares[row][column] > 0.5 else "white"
            axes.text(column, row, str(cell), ha="center", va="center", color=colour, fontsize=12)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("answered")
    axes.set_ylabel("wanted by the policy")
    axes.set_title("Below the diagonal: too low")
    figure.colorbar(image, label="share of the row")
    save(figure, path)


def sensitivity_by(groups: Mapping[str, Triage], title: str, path: Path) -> None:
    """Draw the sensitivity for emergencies per group with 95 % intervals."""
    shown: Dict[str, Proportion] = {
        f"{key.replace('_', ' ')} (n={triage.detection.sensitivity.total})": (
            triage.detection.sensitivity
        )
        for key, triage in groups.items()
        if triage.detection.sensitivity.total
    }
    figure, axes = plt.subplots(figsize=(8, 0.4 * len(shown) + 1.6))
    _points(axes, list(shown.values()), list(range(len(shown))), BLUE, "o", None)
    axes.set_yticks(range(len(shown)), list(shown))
    _share_axis(axes, title)
    save(figure, path)


def systems(results: Mapping[str, Detection], path: Path) -> None:
    """Draw sensitivity and specificity of several systems side by side."""
    figure, axes = plt.subplots(figsize=(8, 0.6 * len(results) + 1.8))
    places = list(range(len(results)))
    _points(
        axes,
        [result.sensitivity for result in results.values()],
        [place - 0.12 for place in places],
        BLUE,
        "o",
        "sensitivity",
    )
    _points(
        axes,
        [result.specificity for result in results.values()],
        [place + 0.12 for place in places],
        ORANGE,
        "s",
        "specificity",
    )
    axes.set_yticks(places, list(results))
    _share_axis(axes, "Emergency or not, same messages")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncol=2)
    save(figure, path)


def robustness(drops: Mapping[str, Drop], path: Path) -> None:
    """Draw the change in sensitivity under each change of the texts, in percentage points."""
    figure, axes = plt.subplots(figsize=(8, 0.45 * len(drops) + 1.6))
    for place, drop in enumerate(drops.values()):
        value, low, high = 100 * drop.value, 100 * drop.low, 100 * drop.high
        axes.plot([low, high], [place, place], color=GREY, linewidth=2)
        axes.plot(value, place, marker="o", color=BLUE, markersize=8)
    axes.set_yticks(range(len(drops)), list(drops))
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("change in sensitivity, percentage points (95 % interval)")
    axes.set_title("Same messages, written less well")
    axes.grid(axis="x", alpha=0.3)
    save(figure, path)


def _points(
    axes: plt.Axes,
    values: List[Proportion],
    places: List[float],
    colour: str,
    marker: str,
    label: str | None,
) -> None:
    for index, (value, place) in enumerate(zip(values, places, strict=True)):
        axes.plot([value.low, value.high], [place, place], color=colour, alpha=0.5, linewidth=3)
        axes.plot(
            value.value,
            place,
            marker=marker,
            color=colour,
            markersize=8,
            linestyle="none",
            label=label if index == 0 else None,
        )


def _share_axis(axes: plt.Axes, title: str) -> None:
    axes.invert_yaxis()
    axes.set_xlim(-0.01, 1.01)
    axes.set_xlabel("share (95 % Wilson interval)")
    axes.set_title(title)
    axes.grid(axis="x", alpha=0.3)
