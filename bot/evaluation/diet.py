"""The baseline that a Rasa project would start with: its stock DIET intent classifier.

Trained on the same texts as the second opinion, as "emergency" or "other". Training takes hours and
imports TensorFlow, so it runs only when asked for; the model is kept and asked again, also after
the training texts have grown, and the report says how many it was trained on.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tempfile
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence

import yaml

from bot.settings import PROJECT

TRAINING = PROJECT / "data" / "second_opinion"

#: The pipeline that `rasa init` of 3.6 writes, without what only concerns fallbacks and entities.
#: Stock is 100 epochs, meant for a few hundred examples; the first on 12,428 texts took 152 seconds
#: on an idle machine with two cores, so count on four hours and more.
STOCK = {
    "recipe": "default.v1",
    "assistant_id": "diet-baseline",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True, "random_seed": 1},
    ],
    "policies": [{"name": "RulePolicy"}],
}


def training_texts(folder: Path = TRAINING) -> Dict[str, List[str]]:
    """Return the training texts by label, ``emergency`` and ``other``."""
    texts: Dict[str, List[str]] = {"emergency": [], "other": []}
    for path in sorted(folder.glob("**/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts["emergency" if row["label"] == "emergency" else "other"].append(row["text"])
    return texts


class DietAnswers(NamedTuple):
    """What DIET says to each text, how many texts it was trained on, and in how many seconds."""

    alarms: List[bool]
    trained_on: int
    seconds: float


def diet_alarms(
    texts: Sequence[str], kept: Path, train: bool, folder: Path = TRAINING
) -> Optional[DietAnswers]:
    """Return for each text whether DIET says "emergency", or None if there is no model to ask.

    ``kept`` is the folder where trained models lie from one run to the next; ``train`` trains one
    when there is none for the training texts as they are now, else the newest is asked.
    """
    training = training_texts(folder)
    fingerprint = hashlib.sha256(json.dumps([training, STOCK], sort_keys=True).encode())
    model = kept / f"diet-{fingerprint.hexdigest()[:12]}.tar.gz"
    if not model.exists() and train:
        kept.mkdir(parents=True, exist_ok=True)
        train_diet(training, model)
    if not model.exists():
        models = sorted(kept.glob("diet-*.tar.gz"), key=lambda path: path.stat().st_mtime)
        if not models:
            return None
        model = models[-1]
    origin = json.loads(_origin(model).read_text(encoding="utf-8"))
    return DietAnswers(asyncio.run(_ask(model, texts)), origin["texts"], origin["seconds"])


def train_diet(training: Dict[str, List[str]], model: Path) -> None:
    """Train on ``training`` (label: texts) and write the model and, beside it, its origin."""
    started = time.monotonic()
    _train(training, model)
    origin = {
        "texts": sum(map(len, training.values())),
        "seconds": round(time.monotonic() - started),
    }
    _origin(model).write_text(json.dumps(origin), encoding="utf-8")


def _origin(model: Path) -> Path:
    return model.with_name(model.name.replace(".tar.gz", ".json"))


def _train(training: Dict[str, List[str]], model: Path) -> None:
    from rasa.model_training import train_nlu

    examples = [
        {"intent": label, "examples": [{"text": _one_line(text)} for text in given]}
        for label, given in training.items()
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.yml").write_text(yaml.safe_dump(STOCK), encoding="utf-8")
        (folder / "nlu.yml").write_text(
            yaml.safe_dump({"version": "3.1", "nlu": examples}), encoding="utf-8"
        )
        train_nlu(
            config=str(folder / "config.yml"),
            nlu_data=str(folder / "nlu.yml"),
            output=str(model.parent),
            fixed_model_name=model.name,
        )


async def _ask(model: Path, texts: Sequence[str]) -> List[bool]:
    from rasa.core.agent import load_agent
    from rasa.utils.log_utils import configure_structlog

    # Rasa's debug log repeats every message, and test messages are not for the screen.
    configure_structlog(logging.WARNING)
    agent = await load_agent(model_path=str(model))
    return [
        (await agent.parse_message(_one_line(text)))["intent"]["name"] == "emergency"
        for text in texts
    ]


def _one_line(text: str) -> str:
    # A leading slash would be read as an intent name instead of text.
    return " ".join(text.split()).lstrip("/")
