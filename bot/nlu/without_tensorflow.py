"""Keeps TensorFlow out of a process that has no use for it.

Rasa imports TensorFlow for the base classes of its neural networks, also where the pipeline has
none: most of the time until the first answer and half of the memory. The modules that are on the
way to it are replaced here before Rasa is imported.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Iterator

import yaml

from bot.settings import PROJECT

#: Components of Rasa that work without TensorFlow, by the module they are in. Ours all do.
LIGHT = {
    "FallbackClassifier": "rasa.nlu.classifiers.fallback_classifier",
    "MemoizationPolicy": "rasa.core.policies.memoization",
    "RulePolicy": "rasa.core.policies.rule_policy",
}
_NETWORKS = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
}
_COMPONENTS = "rasa.engine.recipes.default_components"


def import_rasa_light(config: Path = PROJECT / "config.yml") -> bool:
    """Prepare this process to import Rasa without TensorFlow; returns whether it will.

    It will not when the configuration names a component that may need TensorFlow, nor when Rasa
    was imported before.
    """
    if _COMPONENTS in sys.modules or any(name in sys.modules for name in _NETWORKS):
        return _is_light(sys.modules.get(_COMPONENTS))
    if not all(name in LIGHT or name.startswith("bot.") for name in _components(config)):
        return False
    for module, names in _NETWORKS.items():
        _install(module, {name: type(name, (_Absent,), {}) for name in names})
    sys.modules[_COMPONENTS] = _LightComponents(_COMPONENTS)
    return True


class _Absent:
    """Stands for a class of a neural network; nobody makes one here."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} needs TensorFlow, and config.yml names no component that does."
        )


class _LightComponents(ModuleType):
    """Rasa's list of components: those that are used, each imported when the list is read."""

    def __getattr__(self, name: str) -> Any:
        if name != "DEFAULT_COMPONENTS":
            raise AttributeError(name)
        import importlib

        return [getattr(importlib.import_module(module), each) for each, module in LIGHT.items()]


def _components(config: Path) -> Iterator[str]:
    read = yaml.safe_load(config.read_text(encoding="utf-8"))
    for part in (*read.get("pipeline", ()), *read.get("policies", ())):
        yield part["name"]


def _install(name: str, attributes: Dict[str, Any]) -> None:
    module = ModuleType(name, "Stands for a module of Rasa that imports TensorFlow.")
    vars(module).update(attributes)
    sys.modules[name] = module


def _is_light(module: Any) -> bool:
    return isinstance(module, _LightComponents)
