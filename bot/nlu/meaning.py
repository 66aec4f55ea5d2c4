"""Rasa's graph component around the intent model."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, ClassVar, Dict, List, Optional, Tuple

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.intent_model import IntentModel
from bot.nlu.reading import is_unsure, read_twice, reread
from bot.nlu.second_reader import SecondReader
from bot.nlu.several import QUESTIONS, ask_each
from bot.screening.sentence_vectors import shared

INTENT_RANKING = "intent_ranking"
#: Messages that were read and not taken up, because their turn failed.
_MOST_READ = 64


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MeaningClassifier(GraphComponent):
    """Gives a message its intent and a ranking; reads the text itself, needs no featurizers."""

    #: The component that was loaded last: that of this process's model.
    in_use: ClassVar[Optional[MeaningClassifier]] = None

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Return the settings and their defaults.

        ``ranking_length``: how many intents the ranking names. ``second_reader``: whether unsure
        messages are read again by the meaning of the sentence.
        """
        return {"ranking_length": 10, "second_reader": True}

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[IntentModel] = None,
    ) -> None:
        self._ranking_length = config["ranking_length"]
        self._storage, self._resource, self._model = model_storage, resource, model
        self._reader: Optional[SecondReader] = None
        self._read: OrderedDict[Tuple[str, bool], List[Tuple[str, float]]] = OrderedDict()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MeaningClassifier:
        """Return an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MeaningClassifier:
        """Return the trained component. Raises ValueError when the model archive lacks it."""
        with model_storage.read_from(resource) as folder:
            loaded = cls(config, model_storage, resource, joblib.load(folder / "intents.joblib"))
        if config["second_reader"]:
            vectors = shared()
            # Loaded now, so that no patient waits for it.
            vectors.vector("warm up")
            loaded._reader = SecondReader(vectors)
        cls.in_use = loaded
        return loaded

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples of the intents and store the result."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT)]
        self._model = IntentModel().fit(
            [each.get(TEXT) for each in examples], [each.get(INTENT) for each in examples]
        )
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / "intents.joblib", compress=3)
        return self._resource

    def process(
        self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None
    ) -> List[Message]:
        """Return the messages with ``intent`` and ``intent_ranking``; without a text, none.

        A message with two or more questions also gets ``questions`` (bot/nlu/several.py).
        """
        hurry = _hurries(tracker)
        for message in messages:
            text = message.get(TEXT)
            ranked = self._read.pop((text, hurry), None) or self._ranking(text, hurry)
            ranking = [
                {"name": name, "confidence": confidence}
                for name, confidence in ranked[: self._ranking_length]
            ]
            first = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            message.set(INTENT, first, add_to_output=True)
            message.set(INTENT_RANKING, ranking, add_to_output=True)
            asked = ask_each(text, self._model.rank) if self._model and text else []
            if asked:
                message.set(QUESTIONS, [each.as_plain() for each in asked], add_to_output=True)
        return messages

    async def read_ahead(self, text: str, tracker: Optional[DialogueStateTracker]) -> None:
        """Read a message before the pipeline asks for it, the second time in a thread.

        A second reading is mostly spent outside of Python; meanwhile other patients are answered.
        """
        hurry = _hurries(tracker)
        if self._model is None or not text:
            return
        ranking = self._model.rank(text)
        if self._reader is not None and not hurry and is_unsure(ranking):
            ranking = await asyncio.to_thread(reread, text, ranking, self._reader)
        self._read[text, hurry] = ranking
        while len(self._read) > _MOST_READ:
            self._read.popitem(last=False)

    def _ranking(self, text: str, hurry: bool) -> List[Tuple[str, float]]:
        if self._model is None or not text:
            return []
        return read_twice(text, self._model, None if hurry else self._reader)


def _hurries(tracker: Optional[DialogueStateTracker]) -> bool:
    # While an emergency is open every answer is read in a millisecond or not at all.
    return tracker is not None and tracker.get_slot("emergency_open") == "yes"
