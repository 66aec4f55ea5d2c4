"""The stock project: what ``rasa init`` writes in Rasa 3.6, over our training data.

Pipeline and policies are read from the installed Rasa itself. Our custom actions are replaced by a
plain text each, so that the stock project needs no action server and does less per message than
ours: it screens nothing, alerts nobody and stores nothing.
"""

from __future__ import annotations

import importlib.util
import random
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence

import yaml

from bot.content import load_content
from bot.nlu.second_reader_training import examples
from bot.settings import PROJECT, load_settings

#: The text that stands for each of our custom actions; the others say nothing of their own.
TEXT_OF_ACTION = {
    "action_hand_over": "utter_handed_over",
    "action_recommend_follow_up": "utter_plan",
    "action_restart_conversation": "utter_restarted",
    "action_raise_alert": "utter_nurse_told",
    "action_explain_side_effects": "utter_routine_no_ticket",
}
#: The trainable parts whose number of epochs `rasa init` writes down.
EPOCHS = 100


def capped(
    texts: Sequence[str], intents: Sequence[str], cap: Optional[int], seed: int = 0
) -> Dict[str, List[str]]:
    """Return the texts by intent, at most ``cap`` of each, chosen by ``seed``."""
    by_intent: Dict[str, List[str]] = defaultdict(list)
    for text, intent in zip(texts, intents, strict=True):
        by_intent[intent].append(text)
    chosen = random.Random(seed)
    return {
        intent: given if cap is None or len(given) <= cap else chosen.sample(given, cap)
        for intent, given in sorted(by_intent.items())
    }


def stock_config(epochs: int = EPOCHS) -> Dict[str, Any]:
    """Return the configuration of ``rasa init``, with ``epochs`` in place of its 100."""
    found = importlib.util.find_spec("rasa")
    assert found is not None and found.origin is not None, "Rasa is installed"
    path = Path(found.origin).parent / "engine" / "recipes" / "config_files" / "default_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for part in [*config["pipeline"], *config["policies"]]:
        if "epochs" in part:
            part["epochs"] = epochs
    return {**config, "assistant_id": "stock"}


def plain_rules(parts: Iterable[Dict[str, Any]], known: Iterable[str]) -> List[Dict[str, Any]]:
    """Return rules that answer each intent of ``known`` with texts alone, one rule an intent."""
    rules: Dict[str, Dict[str, Any]] = {}
    for part in parts:
        steps = _plain_steps(part["steps"])
        intent = steps[0].get("intent")
        if intent in known and intent not in rules and len(steps) > 1:
            rules[intent] = {"rule": part["rule"], "steps": steps}
    return list(rules.values())


def plain_stories(parts: Iterable[Dict[str, Any]], known: Iterable[str]) -> List[Dict[str, Any]]:
    """Return the stories with texts in place of actions, up to an intent outside of ``known``."""
    stories = []
    for part in parts:
        steps: List[Dict[str, Any]] = []
        for step in _plain_steps(part["steps"]):
            if "intent" in step and step["intent"] not in known:
                break
            steps.append(step)
        stories.append({"story": part["story"], "steps": steps})
    return stories


def write_project(folder: Path, *, cap: Optional[int], epochs: int = EPOCHS) -> int:
    """Write the stock project into ``folder`` and return how many training texts it has.

    ``cap`` is the most texts of one intent, None for all.
    """
    texts = capped(*examples(), cap)
    settings = load_settings(environment={})
    rules = plain_rules(_read("rules"), [*texts, "nlu_fallback"])
    stories = plain_stories(_read("stories"), texts)
    steps = [step for part in (*rules, *stories) for step in part["steps"]]
    said = {step["action"] for step in steps if "action" in step}
    responses = {
        name: [_general(given)]
        for name, given in load_content(settings.language, settings).responses.items()
        if name in said
    }
    (folder / "data").mkdir(parents=True, exist_ok=True)
    _write(folder / "config.yml", stock_config(epochs))
    _write(
        folder / "domain.yml",
        {
            "version": "3.1",
            "intents": [*texts],
            "responses": responses,
            "session_config": {
                "session_expiration_time": 60,
                "carry_over_slots_to_new_session": True,
            },
        },
    )
    nlu = [
        {"intent": intent, "examples": [{"text": text} for text in given]}
        for intent, given in texts.items()
    ]
    _write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": nlu})
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    _write(folder / "data" / "stories.yml", {"version": "3.1", "stories": stories})
    return sum(map(len, texts.values()))


def _plain_steps(steps: Iterable[Dict[str, Any]]) -> List[Dict[str, Any]]:
    plain = []
    for step in steps:
        if "intent" in step:
            plain.append({"intent": step["intent"]})
        elif step.get("action", "action_listen") != "action_listen":
            text = TEXT_OF_ACTION.get(step["action"], step["action"])
            if text.startswith("utter_"):
                plain.append({"action": text})
    return plain


def _general(variants: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """Return the variant that needs no slot, for the stock project has none."""
    found = next((each for each in variants if "condition" not in each), variants[0])
    return {name: value for name, value in found.items() if name in ("text", "buttons")}


def _read(kind: str) -> List[Dict[str, Any]]:
    return [
        part
        for path in sorted((PROJECT / "data" / kind).glob("*.yml"))
        for part in yaml.safe_load(path.read_text(encoding="utf-8"))[kind]
    ]


def _write(path: Path, content: Dict[str, Any]) -> None:
    path.write_text(
        yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000), encoding="utf-8"
    )
