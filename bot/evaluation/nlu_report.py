"""The Markdown report on intents. Texts stand in ``errors.md`` only: the report may travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence

from bot.evaluation.intents import Reading, figures, per_intent
from bot.evaluation.report import table


@dataclass(frozen=True)
class Part:
    """One set of questions that was measured: what it is, and how each was read."""

    source: str
    readings: List[Reading]


def report_markdown(parts: Mapping[str, Part], threshold: float, notes: Sequence[str]) -> str:
    """Return the figures of each part, the table of intents, and what was not measured."""
    lines = ["# How well questions are told apart", ""]
    lines += [
        f"- {name}: {part.source}, {len(part.readings)} messages" for name, part in parts.items()
    ]
    found = {name: figures(part.readings, threshold) for name, part in parts.items()}
    lines += [
        "",
        "Shares have 95 % Wilson intervals, macro-F1 a bootstrap interval. "
        f'"Asked" means: below {threshold} she is asked what she means and offered topics.',
        "",
        *table(
            ["", *parts],
            [
                ("macro-F1", *(_interval(each.macro_f1) for each in found.values())),
                ("right answer", *(each.accuracy for each in found.values())),
                ("out of scope recognised", *(each.recognised for each in found.values())),
                ("… or asked", *(each.recognised_or_asked for each in found.values())),
                ("in scope turned away", *(each.turned_away for each in found.values())),
                ("… or asked", *(each.turned_away_or_asked for each in found.values())),
            ],
        ),
        "",
        "![Wanted against read intents, held-out questions](confusion.png)",
        "",
        "![Confidence of right and wrong readings](confidence.png)",
        "",
    ]
    for name, part in parts.items():
        if name != "real":
            lines += [f"## Intents: {name}", "", *_intents(part.readings), ""]
    styles = sorted({each.question.style for each in parts["held-out"].readings})
    if styles != [""]:
        lines += ["## Ways of writing: held-out", ""]
        groups: Dict[str, List[Reading]] = {style: [] for style in styles}
        for each in parts["held-out"].readings:
            groups[each.question.style].append(each)
        rows = [(style, figures(group, threshold).accuracy) for style, group in groups.items()]
        lines += [*table(["style", "right answer"], rows), ""]
    if notes:
        lines += ["## Not measured", "", *(f"- {note}" for note in notes), ""]
    return "\n".join(lines)


def errors_markdown(parts: Mapping[str, Part], threshold: float) -> str:
    """Return every question that was read wrongly, with its text. Not for sharing."""
    lines = ["# Questions read wrongly", ""]
    for name, part in parts.items():
        wrong = [each for each in part.readings if not each.is_right]
        lines += [f"## {name}: {len(wrong)} of {len(part.readings)}", ""]
        rows = [
            (
                each.question.id,
                ", ".join(sorted(each.question.right)),
                each.intent + (" (asked)" if each.confidence < threshold else ""),
                f"{each.confidence:.2f}",
                " ".join(each.question.text.split()).replace("|", "/"),
            )
            for each in sorted(wrong, key=lambda each: -each.confidence)
        ]
        lines += [*table(["id", "right", "read as", "confidence", "text"], rows), ""]
    return "\n".join(lines)


def _interval(value: tuple[float, float, float] | None) -> str:
    return "several right answers" if value is None else "{:.2f} ({:.2f} to {:.2f})".format(*value)


def _intents(readings: Sequence[Reading]) -> List[str]:
    rows = [
        (name, count, f"{precision:.2f}", f"{recall:.2f}", mistake)
        for name, count, precision, recall, mistake in per_intent(readings)
    ]
    return table(["intent", "messages", "precision", "recall", "commonest mistake"], rows)
