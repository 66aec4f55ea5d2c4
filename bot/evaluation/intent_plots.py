"""The pictures of the report on intents, readable for colour-blind readers and in print."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from bot.evaluation.intents import Reading
from bot.evaluation.plots import BLUE, ORANGE, plt, save


def confusion(readings: Sequence[Reading], path: Path) -> None:
    """Draw wanted against read intents; the colour is the share of the row."""
    wanted = [next(iter(each.question.right)) for each in readings]
    names = sorted({*wanted, *(each.intent for each in readings)})
    place = {name: at for at, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=int)
    for name, each in zip(wanted, readings, strict=True):
        counts[place[name], place[each.intent]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 0.32 * len(names) + 3
    figure, axes = plt.subplots(figsize=(size + 1, size))
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "black" if shares[row, column] > 0.5 else "white"
        axes.text(
            column, row, counts[row, column], ha="center", va="center", color=colour, fontsize=7
        )
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel("read as")
    axes.set_ylabel("wanted")
    axes.set_title("Held-out questions")
    figure.colorbar(image, label="share of the row", fraction=0.04)
    save(figure, path)


def confidence(parts: Mapping[str, Sequence[Reading]], threshold: float, path: Path) -> None:
    """Draw how sure right and wrong readings were, one panel for each part."""
    figure, panels = plt.subplots(1, len(parts), figsize=(4.5 * len(parts), 3.6), squeeze=False)
    edges = np.linspace(0, 1, 21)
    for axes, (name, readings) in zip(panels[0], parts.items(), strict=True):
        right = [each.confidence for each in readings if each.is_right]
        wrong = [each.confidence for each in readings if not each.is_right]
        axes.hist(
            [right, wrong],
            edges,
            stacked=True,
            color=[BLUE, ORANGE],
            label=[f"right ({len(right)})", f"wrong ({len(wrong)})"],
        )
        axes.axvline(threshold, color="black", linestyle="--", linewidth=1, label="asked below")
        axes.set_title(name)
        axes.set_xlabel("confidence")
        axes.legend(fontsize=8)
    panels[0][0].set_ylabel("messages")
    save(figure, path)
