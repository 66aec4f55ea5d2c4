"""Plots as SVG, drawn here on the server: no script, no inline style, nothing from elsewhere.

Colours come from the style sheet, so that plots follow light and dark. Each has a table beside it
that says the same in numbers.
"""

from __future__ import annotations

from typing import List, Mapping, Sequence, Tuple

from markupsafe import Markup

from bot.desk.view import LEVEL_NAMES
from bot.triage.vocabulary import Level

WIDTH = 640

#: Upper edges of the bars in seconds with the words under them; the last bar has no upper edge.
BINS: Sequence[Tuple[float, str]] = (
    (30, "30 s"),
    (60, "1 min"),
    (120, "2"),
    (300, "5"),
    (600, "10"),
    (1800, "30"),
    (3600, "1 h"),
    (4 * 3600, "4"),
    (12 * 3600, "12"),
    (24 * 3600, "24 h"),
)


def binned(values: Sequence[float]) -> List[int]:
    """Return how many values fall into each bar; an upper edge belongs to the bar below it."""
    counts = [0] * (len(BINS) + 1)
    for value in values:
        place = next((i for i, (edge, _) in enumerate(BINS) if value <= edge), len(BINS))
        counts[place] += 1
    return counts


def durations(values: Mapping[Level, Sequence[float]], title: str) -> Markup:
    """Return one histogram per level, above one another on the same axis of growing times."""
    left, row, top = 132, 84, 8
    slot = (WIDTH - left - 8) / (len(BINS) + 1)
    shapes: List[Markup] = []
    for index, (level, times) in enumerate(values.items()):
        base = top + row * (index + 1) - 12
        counts = binned(times)
        most = max([*counts, 1])
        shapes.append(_text(0, base - 34, LEVEL_NAMES[level], "strong"))
        shapes.append(_text(0, base - 16, f"{len(times)} alert{'s' if len(times) != 1 else ''}"))
        shapes.append(_line(left, base, WIDTH - 8, base))
        for place, count in enumerate(counts):
            if count:
                height = (row - 30) * count / most
                x = left + place * slot
                shapes.append(_bar(x + 2, base - height, slot - 4, height, level))
                shapes.append(_text(x + slot / 2, base - height - 4, str(count), "", "middle"))
    bottom = top + row * len(values)
    for place, (_, words) in enumerate(BINS):
        x = left + (place + 1) * slot
        shapes.append(_line(x, bottom - 12, x, bottom - 7))
        shapes.append(_text(x, bottom + 8, words, "", "middle"))
    return _svg(bottom + 18, title, shapes)


def hours(values: Mapping[Level, Sequence[int]], title: str) -> Markup:
    """Return a bar for each hour of the day, the levels stacked, the most urgent at the foot."""
    left, height, top = 32, 170, 14
    slot = (WIDTH - left - 4) / 24
    totals = [sum(counts[hour] for counts in values.values()) for hour in range(24)]
    most = max([*totals, 1])
    base = top + height
    shapes = [_line(left, base, WIDTH - 4, base), _text(left - 6, top + 5, str(most), "", "end")]
    shapes += [_line(left, top, WIDTH - 4, top), _text(left - 6, base + 4, "0", "", "end")]
    for hour in range(24):
        y = float(base)
        for level, counts in values.items():
            part = height * counts[hour] / most
            if part:
                y -= part
                shapes.append(_bar(left + hour * slot + 2, y, slot - 4, part, level))
        if hour % 3 == 0:
            shapes.append(
                _text(left + hour * slot + slot / 2, base + 18, f"{hour:02d}", "", "middle")
            )
    return _svg(base + 26, title, shapes)


def _svg(height: float, title: str, shapes: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg role="img" viewBox="0 0 {} {}" aria-label="{}" focusable="false">{}</svg>'
    ).format(WIDTH, round(height), title, Markup("").join(shapes))


def _bar(x: float, y: float, width: float, height: float, level: Level) -> Markup:
    return Markup(
        '<rect class="bar-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>'
    ).format(level.value, x, y, width, max(height, 1.0))


def _line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="axis" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        x1, y1, x2, y2
    )


def _text(x: float, y: float, words: str, name: str = "", anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        name, x, y, anchor, words
    )
