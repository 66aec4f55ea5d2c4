"""The rendered texts, ready to send: numbers filled in, safety net attached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

#: The button below every answer that has a longer one.
TELL_MORE = "Tell me more"
#: Until when an effect counts as early, and as within its usual time (triage.md section 10).
HOURS_MINUTES, DAYS_MINUTES = 24 * 60, 3 * 24 * 60
LATER_WEEKS = 20


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
    ``id`` is the number in responses.md section 11 (``M-21``), or empty. ``title`` and ``question``
    are the name of a topic on a button and what it sends.
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
    title: str = ""
    question: str = ""


@dataclass(frozen=True)
class Symptom:
    """What is said about one finding of triage.md section 6.

    ``expected``, ``home_care`` and ``stops`` (when it is no longer expected) are empty for a
    finding that is never expected; ``action`` is then what to do. ``advice`` joins all that is
    there and ends with the safety net. ``timing`` says what holds within hours of the injection
    (``hours``), within 3 days (``days``), after that (``later``) and from 20 weeks on (``weeks``).
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
    timing: Mapping[str, str] = field(default_factory=dict)
    net: str = ""

    def advice_at(self, minutes: Optional[float], weeks: Optional[float]) -> str:
        """Return the advice ``minutes`` after the injection and at ``weeks`` of pregnancy.

        None is unknown: then only what always holds is said.
        """
        parts = [*self._at(minutes, weeks), self.home_care, self.stops, self.action]
        return "\n\n".join([" ".join(part for part in parts if part), self.net])

    def update_at(self, minutes: Optional[float], weeks: Optional[float]) -> str:
        """Return only what depends on the time and the week, with the safety net."""
        said = " ".join(self._at(minutes, weeks)) or self.stops or self.action
        return "\n\n".join([said, self.net])

    def _at(self, minutes: Optional[float], weeks: Optional[float]) -> List[str]:
        said = [self.timing.get(_period(minutes), self.expected)]
        if weeks is not None and weeks >= LATER_WEEKS:
            said.append(self.timing.get("weeks", ""))
        return [text for text in said if text]

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
    def topics(self) -> List[Message]:
        """The questions of the page that can be offered on a button."""
        return [texts[0] for texts in self.messages.values() if texts[0].question]

    @property
    def responses(self) -> Dict[str, List[Dict[str, Any]]]:
        """Rasa domain responses: ``utter_<key>`` with all variations, and two chosen by topic."""
        responses: Dict[str, List[Dict[str, Any]]] = {}
        for key, variations in self.messages.items():
            responses[f"utter_{key}"] = [_response(message, message.text) for message in variations]
            topic = variations[0]
            # One response for every topic: the slot says which question or "tell me more" is meant.
            if topic.question:
                asked = {**_response(topic, topic.text), "condition": _of_topic(key)}
                responses.setdefault("utter_single_question", []).append(asked)
            if topic.more:
                responses.setdefault("utter_tell_more", []).append(_more(topic))
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


def _more(message: Message) -> Dict[str, Any]:
    return {
        "text": message.more,
        "metadata": _metadata(message),
        "buttons": [
            {"title": button.title, "payload": button.payload}
            for button in message.buttons
            if button.title != TELL_MORE
        ],
        "condition": _of_topic(message.key),
    }


def _of_topic(key: str) -> List[Dict[str, str]]:
    return [{"type": "slot", "name": "topic", "value": key}]


def _period(minutes: Optional[float]) -> str:
    if minutes is None:
        return ""
    if minutes <= HOURS_MINUTES:
        return "hours"
    return "days" if minutes <= DAYS_MINUTES else "later"


def _metadata(message: Message) -> Dict[str, Any]:
    metadata: Dict[str, Any] = {"key": message.key, "facts": list(message.facts)}
    if message.id:
        metadata["message"] = message.id
    if message.source:
        metadata["source"] = message.source
    return metadata
