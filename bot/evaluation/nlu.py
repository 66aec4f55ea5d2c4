"""``python -m bot evaluate nlu``: how well questions are told apart, known and unseen ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from sklearn.model_selection import StratifiedKFold

from bot.evaluation import intent_plots
from bot.evaluation.answered import answer_all
from bot.evaluation.cases import sha256
from bot.evaluation.intents import (
    INTENTS_TEST,
    Question,
    Reading,
    read_questions,
    read_real,
)
from bot.evaluation.nlu_report import Part, errors_markdown, report_markdown
from bot.evaluation.systems import Say
from bot.nlu.intent_model import IntentModel
from bot.nlu.reading import read_twice
from bot.nlu.second_reader import SecondReader
from bot.nlu.second_reader_training import KnownVectors, examples, fit
from bot.screening.sentence_vectors import SentenceVectors
from bot.screening.vector_store import vectors_of
from bot.settings import PROJECT
from bot.yaml_files import read_yaml

REPORTS = PROJECT / "reports" / "nlu"
FOLDS = 3

Rank = Callable[[str], List[Tuple[str, float]]]


def threshold(config: Path = PROJECT / "config.yml") -> float:
    """Return the probability below which the product asks instead of answering."""
    pipeline = read_yaml(config)["pipeline"]
    return float(
        next(part["threshold"] for part in pipeline if part["name"] == "FallbackClassifier")
    )


def learn(texts: Sequence[str], intents: Sequence[str], reader: SecondReader) -> Rank:
    """Return the product's reading of a text after learning from examples."""
    model = IntentModel().fit(texts, intents)
    return lambda text: read_twice(text, model, reader)


def read_all(questions: Sequence[Question], rank: Rank, say: Say, label: str) -> List[Reading]:
    """Return the reading of each question; says how far it is."""
    readings = []
    for done, question in enumerate(questions, start=1):
        intent, confidence = rank(question.text)[0]
        readings.append(Reading(question, intent, confidence))
        if done % 500 == 0 or done == len(questions):
            say(f"{label}: {done} of {len(questions)}")
    return readings


def cross_validate(texts: List[str], intents: List[str], folds: int, say: Say) -> List[Reading]:
    """Return a reading of each training text by a model that learned from the other folds."""
    say("sentence vectors of the training texts (kept for the next run)")
    vectors = vectors_of(texts)
    library = KnownVectors(texts, vectors)
    readings: List[Reading] = []
    splits = StratifiedKFold(folds, shuffle=True, random_state=0).split(texts, intents)
    for number, (learnt, left) in enumerate(splits, start=1):
        say(f"fold {number} of {folds}: learning from {len(learnt)} texts")
        names = [intents[i] for i in learnt]
        reader = SecondReader(library, fit(vectors[learnt], names))
        rank = learn([texts[i] for i in learnt], names, reader)
        questions = [Question(str(i), texts[i], frozenset({intents[i]})) for i in left]
        readings += read_all(questions, rank, say, f"fold {number}")
    return readings


def evaluate_nlu(
    cases: Optional[Path] = None,
    out_folder: Path = REPORTS,
    *,
    real: Optional[Path] = None,
    folds: int = FOLDS,
    say: Say = print,
) -> Dict[str, Part]:
    """Measure, write ``report.md``, ``errors.md`` and the pictures, and return the parts.

    ``cases`` is a file with intents (default: the held-out set), ``real`` one with real questions,
    skipped with a message when it is not there; fewer than two ``folds`` skip the cross-validation.
    Raises CasesError for a file that cannot be used.
    """
    path = cases or INTENTS_TEST
    questions = read_questions(path)
    texts, intents = examples()
    out_folder.mkdir(parents=True, exist_ok=True)
    parts: Dict[str, Part] = {}
    notes: List[str] = []
    if folds > 1:
        readings = cross_validate(texts, intents, folds, say)
        parts["cross-validation"] = Part(f"{len(texts)} training texts, {folds} folds", readings)
    else:
        notes.append("The cross-validation was not run.")
    say(f"learning from all {len(texts)} texts")
    model = IntentModel().fit(texts, intents)
    reader = SecondReader(SentenceVectors())
    rank = partial(read_twice, model=model, reader=reader)
    parts["held-out"] = Part(
        f"{path.name}, SHA-256 `{sha256(path)}`", read_all(questions, rank, say, path.name)
    )
    say(f"{path.name} as the whole product answers it")
    parts["as answered"] = Part(
        f"{path.name}, with the screen and the single questions",
        answer_all(questions, rank, model.rank, threshold()),
    )
    if real is not None and real.exists():
        asked, unknown = read_real(real)
        if unknown:
            notes.append(f"Topics of {real.name} that mean nothing here: {', '.join(unknown)}.")
        if asked:
            readings = read_all(asked, rank, say, real.name)
            parts["real"] = Part(f"{real.name}, set faq_real", readings)
        else:
            notes.append(f"{real.name} has no questions of the set faq_real.")
    else:
        notes.append("Real questions were not measured: no file, or it is not there (--real FILE).")
    for note in notes:
        say(note)
    limit = threshold()
    intent_plots.confusion(parts["held-out"].readings, out_folder / "confusion.png")
    intent_plots.confidence(
        {name: part.readings for name, part in parts.items() if name != "as answered"},
        limit,
        out_folder / "confidence.png",
    )
    (out_folder / "report.md").write_text(report_markdown(parts, limit, notes), encoding="utf-8")
    (out_folder / "errors.md").write_text(errors_markdown(parts, limit), encoding="utf-8")
    say(f"Report: {out_folder / 'report.md'}")
    return parts
