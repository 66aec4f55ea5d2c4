"""``python -m bot evaluate triage``: how screening and triage do on messages they never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from bot.evaluation import baselines, plots
from bot.evaluation.cases import TEST, Case, has_levels, read_cases, sha256
from bot.evaluation.diet import diet_alarms
from bot.evaluation.foreign import evaluate_foreign
from bot.evaluation.measures import Answer, alarms, by_group, detection, measure
from bot.evaluation.perturbations import PERTURBATIONS, perturb
from bot.evaluation.report import errors_markdown, summary_markdown
from bot.evaluation.results import TriageEvaluation
from bot.evaluation.statistics import Drop, paired_drop
from bot.evaluation.systems import JUDGES, Say, ask, explain, opinions, product
from bot.settings import PROJECT

REPORTS = PROJECT / "reports" / "triage"
#: The baseline for the opinion on its own: more probable than not.
OPINION_THRESHOLD = 0.5
#: Probabilities from which the opinion could be made to mean EMERGENCY_NOW.
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def evaluate_triage(
    cases_path: Optional[Path] = None,
    out_folder: Path = REPORTS,
    *,
    foreign: Sequence[Path] = (),
    with_diet: bool = False,
    say: Say = print,
) -> TriageEvaluation:
    """Measure, write ``report.md``, ``errors.md`` and the plots into ``out_folder``, and return it.

    ``cases_path`` is a file with levels (default: the test set) or with foreign labels;
    ``foreign`` are more files of the second kind, and one that is absent is skipped with a message.
    ``with_diet`` allows the DIET baseline to train (hours). Raises CasesError.
    """
    path = cases_path or TEST
    out_folder.mkdir(parents=True, exist_ok=True)
    result = TriageEvaluation(path)
    others = list(foreign)
    cases: List[Case] = []
    answers: List[Answer] = []
    if has_levels(path):
        cases = read_cases(path)
        result.cases_sha256 = sha256(path)
        say(f"{len(cases)} messages from {path.name}")
        answers = _measure_levels(result, cases, out_folder, with_diet, say)
    else:
        others.insert(0, path)
    for other in others:
        if other.exists():
            result.foreign.append(evaluate_foreign(other, say))
        else:
            result.notes.append(f"{other.name} is not there and was skipped.")
            say(result.notes[-1])
    result.report = out_folder / "report.md"
    result.report.write_text(summary_markdown(result), encoding="utf-8")
    (out_folder / "errors.md").write_text(
        errors_markdown(cases, answers, result.foreign, explain), encoding="utf-8"
    )
    say(f"Report: {result.report}")
    return result


def _measure_levels(
    result: TriageEvaluation, cases: List[Case], out_folder: Path, with_diet: bool, say: Say
) -> List[Answer]:
    texts = [case.text for case in cases]
    contexts = [case.context for case in cases]
    emergencies = [case.emergency for case in cases]
    given: Dict[str, List[Answer]] = {
        label: ask(judge, texts, contexts, say, label) for label, judge in JUDGES.items()
    }
    answers, rules_answers = given.values()
    result.triage, result.rules_only = measure(cases, answers), measure(cases, rules_answers)
    result.body_systems = by_group(cases, answers, lambda case: case.body_system)
    result.styles = by_group(cases, answers, lambda case: case.style)
    result.categories = by_group(cases, answers, lambda case: case.category)
    for case, with_opinion, without in zip(
        cases, alarms(answers), alarms(rules_answers), strict=True
    ):
        if with_opinion and not without:
            result.added_hits += case.emergency
            result.added_false_alarms += not case.emergency
    result.raised = sum(one != other for one, other in zip(answers, rules_answers, strict=True))

    compared = {label: alarms(each) for label, each in given.items()}
    say("baselines")
    probabilities = opinions(texts)
    compared["second opinion alone"] = [
        probability >= OPINION_THRESHOLD for probability in probabilities
    ]
    result.thresholds = {
        threshold: detection(
            [
                alarm or probability >= threshold
                for alarm, probability in zip(alarms(rules_answers), probabilities, strict=True)
            ],
            emergencies,
        )
        for threshold in THRESHOLDS
    }
    compared["keyword list"] = baselines.keyword_alarms(texts)
    compared["lexicon phrases, negspacy"] = baselines.negspacy_alarms(texts)
    diet = diet_alarms(texts, kept=out_folder, train=with_diet)
    if diet is None:
        result.notes.append("The DIET baseline was not run; --with-diet trains it (hours).")
    else:
        compared[f"Rasa DIET, {diet.trained_on} texts, {diet.seconds:.0f} s"] = diet.alarms
    result.detections = {
        label: detection(raised, emergencies) for label, raised in compared.items()
    }

    result.drops, result.specificity_drops = _robustness(cases, answers, say)
    plots.confusion(result.triage.confusion, out_folder / "confusion.png")
    plots.sensitivity_by(
        result.body_systems, "Sensitivity by body system", out_folder / "body_systems.png"
    )
    plots.sensitivity_by(result.styles, "Sensitivity by way of writing", out_folder / "styles.png")
    plots.systems(result.detections, out_folder / "systems.png")
    plots.robustness(result.drops, out_folder / "robustness.png")
    return answers


def _robustness(
    cases: List[Case], answers: List[Answer], say: Say
) -> Tuple[Dict[str, Drop], Dict[str, Drop]]:
    texts = [case.text for case in cases]
    contexts = [case.context for case in cases]
    emergency = [index for index, case in enumerate(cases) if case.emergency]
    rest = [index for index, case in enumerate(cases) if not case.emergency]
    before = alarms(answers)
    drops: Dict[str, Drop] = {}
    specificity_drops: Dict[str, Drop] = {}
    for change in PERTURBATIONS:
        say(f"robustness: {change}")
        after = alarms(ask(product, perturb(change, texts), contexts))
        for places, sign, target in ((emergency, True, drops), (rest, False, specificity_drops)):
            if places:
                target[change] = paired_drop(
                    [before[place] is sign for place in places],
                    [after[place] is sign for place in places],
                )
    return drops, specificity_drops
