"""The Markdown report. Aggregates and single errors are two files: only the first may be shared."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Sequence

from bot.evaluation.cases import Case
from bot.evaluation.foreign import ForeignResult
from bot.evaluation.measures import LEVELS, Answer, Triage, name, rank
from bot.evaluation.results import TriageEvaluation
from bot.evaluation.statistics import Proportion


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> List[str]:
    """Return the lines of a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]


def summary_markdown(result: TriageEvaluation) -> str:
    """Return the report without any single message."""
    lines = ["# How well screening and triage do", ""]
    if result.triage and result.rules_only:
        lines += _levels(result, result.triage, result.rules_only)
    for foreign in result.foreign:
        lines += _foreign(foreign)
    if result.notes:
        lines += ["## Not measured", "", *(f"- {note}" for note in result.notes), ""]
    return "\n".join(lines)


def _levels(result: TriageEvaluation, triage: Triage, rules: Triage) -> List[str]:
    return [
        f"Messages: `{result.cases_path.name}`, {triage.exact.total} of them, "
        f"SHA-256 `{result.cases_sha256}`. Intervals are 95 % Wilson.",
        "",
        "## All messages",
        "",
        *table(
            ["", "rules and second opinion", "rules alone"],
            [
                ("sensitivity, EMERGENCY_NOW", *_two(triage, rules, _sensitivity)),
                ("specificity, EMERGENCY_NOW", *_two(triage, rules, _specificity)),
                ("emergencies answered too low", triage.missed, rules.missed),
                (
                    "… upper bound (one-sided 95 % Clopper-Pearson)",
                    _percent(triage.missed_upper_bound),
                    _percent(rules.missed_upper_bound),
                ),
                ("too low, of messages with a level", triage.under, rules.under),
                (
                    "… upper bound (one-sided 95 % Clopper-Pearson)",
                    _percent(triage.under_upper_bound),
                    _percent(rules.under_upper_bound),
                ),
                ("too high, of messages that are no emergency", triage.over, rules.over),
                ("exactly the policy's level", triage.exact, rules.exact),
            ],
        ),
        "",
        "## Levels",
        "",
        *table(
            ["wanted \\ answered", *map(name, LEVELS)],
            ([name(level), *row] for level, row in zip(LEVELS, triage.confusion, strict=True)),
        ),
        "",
        "![Confusion matrix](confusion.png)",
        "",
        "## What the second opinion adds",
        "",
        f"It changed the level of {result.raised} messages. Emergencies caught only with it: "
        f"{result.added_hits}. False alarms only with it: {result.added_false_alarms}.",
        "",
        "If it meant EMERGENCY_NOW from this probability on, together with the rules (to be chosen "
        "on the development set only):",
        "",
        *table(
            ["from", "sensitivity", "specificity"],
            (
                (threshold, found.sensitivity, found.specificity)
                for threshold, found in result.thresholds.items()
            ),
        ),
        "",
        "## Side by side on the same messages",
        "",
        *table(
            ["system", "sensitivity", "specificity"],
            (
                (label, found.sensitivity, found.specificity)
                for label, found in result.detections.items()
            ),
        ),
        "",
        "Most emergencies were written to avoid the phrases of the clinical lexicon, which is hard "
        "on every list of phrases.",
        "",
        "![Systems](systems.png)",
        "",
        "## Written less well",
        "",
        "Change on the same messages, in percentage points, with 95 % bootstrap intervals.",
        "",
        *table(
            ["change", "sensitivity", "specificity"],
            (
                (change, drop, result.specificity_drops.get(change, "-"))
                for change, drop in result.drops.items()
            ),
        ),
        "",
        "![Robustness](robustness.png)",
        "",
        *_groups("Body system", result.body_systems, "body_systems.png"),
        *_groups("Way of writing", result.styles, "styles.png"),
        *_groups("Category", result.categories, None),
    ]


def _two(first: Triage, second: Triage, part: Callable[[Triage], Proportion]) -> List[Proportion]:
    return [part(first), part(second)]


def _sensitivity(triage: Triage) -> Proportion:
    return triage.detection.sensitivity


def _specificity(triage: Triage) -> Proportion:
    return triage.detection.specificity


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _groups(title: str, groups: Dict[str, Triage], plot: str | None) -> List[str]:
    lines = [
        f"## {title}",
        "",
        *table(
            [title.lower(), "sensitivity", "specificity", "too low", "too high"],
            (
                (
                    key.replace("_", " "),
                    _sensitivity(each),
                    _specificity(each),
                    each.under,
                    each.over,
                )
                for key, each in groups.items()
            ),
        ),
        "",
    ]
    return [*lines, f"![{title}]({plot})", ""] if plot else lines


def _foreign(result: ForeignResult) -> List[str]:
    return [
        f"## Foreign texts: `{result.path.name}`",
        "",
        f"SHA-256 `{result.sha256}`. Coarse labels by a reader who is not a clinician; nothing is "
        "known of the writer's injection. Texts labelled ambiguous are left out.",
        "",
        *table(
            ["system", "set", "label", "wanted", "right", "levels"],
            (
                (
                    row.system,
                    row.set,
                    row.label,
                    row.wanted,
                    row.right,
                    ", ".join(f"{level} {count}" for level, count in sorted(row.levels.items())),
                )
                for row in result.rows
            ),
        ),
        "",
    ]


def errors_markdown(
    cases: Sequence[Case],
    answers: Sequence[Answer],
    foreign: Sequence[ForeignResult],
    explain: Callable[[Case], str] = lambda case: "",
) -> str:
    """Return every message whose level is not the wanted one, the worst first.

    ``explain`` says in one line what the product made of a message.
    """
    wrong = [
        (case, answer)
        for case, answer in zip(cases, answers, strict=True)
        if answer is not case.level
    ]
    wrong.sort(key=lambda pair: rank(pair[1]) - rank(pair[0].level))
    lines = [
        "# Errors",
        "",
        "Single messages. Not to be committed or shown to anybody who writes rules, unless they "
        "come from the development set.",
        "",
    ]
    for title, low in (("Too low", True), ("Too high", False)):
        part = [pair for pair in wrong if (rank(pair[1]) < rank(pair[0].level)) is low]
        lines += [f"## {title}: {len(part)}", ""]
        lines += [
            f"- `{case.id}` wanted {name(case.level)} ({case.note}), answered {name(answer)}, "
            f"{case.style}: {_quoted(case.text)} {explain(case)}".rstrip()
            for case, answer in part
        ]
        lines.append("")
    for result in foreign:
        lines += [f"## {result.path.name}: {len(result.errors)}", ""]
        lines += [
            f"- `{text.id}` {text.label}, answered {name(answer)}: {_quoted(text.text)}"
            for text, answer in result.errors
        ]
        lines.append("")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + " ".join(text.split()) + '"'
