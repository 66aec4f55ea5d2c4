"""The baseline that a Rasa project would start with: its stock DIET intent classifier.

Trained on the same texts as the second opinion, as "emergency" or "other". Training takes minutes
and imports TensorFlow, so it runs only when asked for, and the model is kept and reused as long as
the training texts stay the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import yaml

from bot.settings import PROJECT

TRAINING = PROJECT / "data" / "second_opinion"

#: The pipeline that `rasa init` of 3.6 writes, without what only concerns fallbacks and entities.
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


def diet_alarms(
    texts: Sequence[str], kept: Path, train: bool, folder: Path = TRAINING
) -> Optional[List[bool]]:
    """Return for each text whether DIET says "emergency", or None if there is no model to ask.

    ``kept`` is the folder where a trained model lies from one run to the next; ``train`` allows the
    training when there is none for the training texts as they are now.
    """
    training = training_texts(folder)
    fingerprint = hashlib.sha256(json.dumps([training, STOCK], sort_keys=True).encode())
    model = kept / f"diet-{fingerprint.hexdigest()[:12]}.tar.gz"
    if not model.exists():
        if not train:
            return None
        kept.mkdir(parents=True, exist_ok=True)
        _train(training, model)
    return asyncio.run(_ask(model, texts))


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
