"""The first component of the pipeline: what a patient types is text, never a command (G-17)."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.channels.incoming import read_incoming


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlainText(GraphComponent):
    """Rewrites "/cant_breathe" to "cant breathe" before anything reads the message.

    Rasa turns a message that starts with "/" into an intent at confidence 1.0 at the end of the
    pipeline. Each channel already strips the slash; this is the second lock on the same door.
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlainText:
        """Return the component; it has nothing to configure or load."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Return the messages with their text freed of command syntax."""
        for message in messages:
            text = message.get(TEXT)
            incoming = read_incoming(text)
            if text and incoming.typed_command:
                message.set(TEXT, incoming.text, add_to_output=True)
                message.set("metadata", {**(message.get("metadata") or {}), "typed_command": True})
        return messages
