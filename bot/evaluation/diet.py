"""The baseline that a Rasa project would start with: its stock DIET intent classifier.

Trained on the same texts as the second opinion, as "emergency" or "other". Training takes minutes
and imports TensorFlow, so it runs only when asked for, and its answers are kept and reused as long
as neither the training texts nor the measured texts changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
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
    """Return for each text whether DIET says "emergency", or None if that is not known.

    ``kept`` is the file where earlier answers lie; ``train`` allows the training when they do not
    fit these texts.
    """
    training = training_texts(folder)
    fingerprint = hashlib.sha256(
        json.dumps([training, list(texts), STOCK], sort_keys=True).encode()
    ).hexdigest()
    if kept.exists():
        answers = json.loads(kept.read_text(encoding="utf-8"))
        if answers["fingerprint"] == fingerprint:
            return answers["alarms"]
    if not train:
        return None
    alarms = _train_and_ask(training, texts)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"fingerprint": fingerprint, "alarms": alarms}), encoding="utf-8")
    return alarms


def _train_and_ask(training: Dict[str, List[str]], texts: Sequence[str]) -> List[bool]:
    from rasa.core.agent import load_agent
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.yml").write_text(yaml.safe_dump(STOCK), encoding="utf-8")
        # Written as JSON, which is YAML too, so that no text can break the syntax of the list.
        (folder / "nlu.yml").write_text(
            json.dumps(
                {
                    "version": "3.1",
                    "nlu": [
                        {"intent": label, "examples": [{"text": _one_line(text)} for text in given]}
                        for label, given in training.items()
                    ],
                }
            ),
            encoding="utf-8",
        )
        model = train_nlu(
            config=str(folder / "config.yml"),
            nlu_data=str(folder / "nlu.yml"),
            output=str(folder),
            fixed_model_name="diet",
        )
        return asyncio.run(_ask(load_agent, str(model), texts))


async def _ask(load_agent, model: str, texts: Sequence[str]) -> List[bool]:
    agent = await load_agent(model_path=model)
    return [
        (await agent.parse_message(_one_line(text)))["intent"]["name"] == "emergency"
        for text in texts
    ]


def _one_line(text: str) -> str:
    # A leading slash would be read as an intent name instead of text.
    return " ".join(text.split()).lstrip("/")
