"""The rendered texts, ready to send: numbers filled in, safety net attached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Tuple


class ContentError(ValueError):
    """A text is missing or breaks a rule of responses.md; the message names file, key and fix."""


@dataclass(frozen=True)
class Button:
    """A choice: what she reads, and the plain text that is sent as if she had typed it."""

    title: str
    payload: str


@dataclass(frozen=True)
class Message:
    """One text of the message set.

    ``text`` is complete: it ends with its safety net where one is required. ``more`` is the longer
    answer behind "Tell me more", or empty. ``when`` is the slot and value this variation is for.
    ``id`` is the number in responses.md section 11 (``M-21``), or empty.
    """

    key: str
    text: str
    body: str
    more: str = ""
    facts: Tuple[str, ...] = ()
    source: str = ""
    buttons: Tuple[Button, ...] = ()
    safety_net: Tuple[str, ...] = ()
    when: Tuple[Tuple[str, str], ...] = ()
    id: str = ""


@dataclass(frozen=True)
class Symptom:
    """What is said about one finding of triage.md section 6.

    ``expected``, ``home_care`` and ``stops`` (when it is no longer expected) are empty for a
    finding that is never expected; ``action`` is then what to do. ``advice`` joins all that is
    there and ends with the safety net.
    """

    key: str
    name: str
    expected: str
    home_care: str
    stops: str
    action: str
    advice: str
    facts: Tuple[str, ...]
    safety_net: Tuple[str, ...]

    @property
    def can_be_expected(self) -> bool:
        """Whether this may be an effect of the injection that needs no call."""
        return bool(self.expected)


@dataclass(frozen=True)
class Content:
    """All texts of one language for one clinic."""

    language: str
    messages: Mapping[str, Tuple[Message, ...]]
    symptoms: Mapping[str, Symptom]

    @property
    def responses(self) -> Dict[str, List[Dict[str, Any]]]:
        """Rasa domain responses: ``utter_<key>`` with all variations, ``utter_<key>_more``."""
        responses: Dict[str, List[Dict[str, Any]]] = {}
        for key, variations in self.messages.items():
            responses[f"utter_{key}"] = [_response(message, message.text) for message in variations]
            if variations[0].more:
                more = variations[0]
                responses[f"utter_{key}_more"] = [
                    {"text": more.more, "metadata": _metadata(more)},
                ]
        return responses

    def message(self, key: str, **slots: str) -> Message:
        """Return the message of a key (``urgent_maternity``) or number (``M-11``).

        ``slots`` choose a variation, for example ``emergency_kind="seizure"``; without a match the
        general one is returned. Raises KeyError with the key when there is no such message.
        """
        variations = self.messages.get(key) or self._by_number(key)
        for message in variations:
            if message.when and all(slots.get(slot) == value for slot, value in message.when):
                return message
        return next((message for message in variations if not message.when), variations[0])

    def question(self, question_id: str) -> Message:
        """Return the question of triage.md section 8 or 9.5, for example ``8.1-H1`` or ``U-01``."""
        return self.message("question_" + question_id.lower().replace(".", "_").replace("-", "_"))

    def symptom(self, key: str) -> Symptom:
        """Return the text for a finding key such as ``IS-01``. Raises KeyError with the key."""
        return self.symptoms[key]

    def _by_number(self, number: str) -> Tuple[Message, ...]:
        for variations in self.messages.values():
            if variations[0].id == number:
                return variations
        raise KeyError(f"no message {number!r} in language {self.language!r}")


def _response(message: Message, text: str) -> Dict[str, Any]:
    response: Dict[str, Any] = {"text": text, "metadata": _metadata(message)}
    if message.buttons:
        response["buttons"] = [
            {"title": button.title, "payload": button.payload} for button in message.buttons
        ]
    if message.when:
        response["condition"] = [
            {"type": "slot", "name": slot, "value": value} for slot, value in message.when
        ]
    return response


def _metadata(message: Message) -> Dict[str, Any]:
    metadata: Dict[str, Any] = {"key": message.key, "facts": list(message.facts)}
    if message.id:
        metadata["message"] = message.id
    if message.source:
        metadata["source"] = message.source
    return metadata
