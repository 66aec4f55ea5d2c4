"""What the bot says, on its way to the patient page."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence

from rasa.core.channels.channel import OutputChannel

from bot.channels.incoming import as_words
from bot.channels.store import Event

#: Records a line: conversation, author, body and the id of the message it answers.
Record = Callable[[str, str, Dict[str, Any], Optional[str]], Awaitable[Event]]


class WebOutput(OutputChannel):
    """Records each message of the bot, which brings it to every open page of the conversation."""

    def __init__(
        self, record: Record, submission: Optional[str] = None, given: Sequence[Event] = ()
    ) -> None:
        """``given`` are lines she has got already: the same text is not said again."""
        self.answers: List[Event] = []
        self._record, self._submission = record, submission
        self._given = {event.body.get("text") for event in given}
        self.keeps_words = True

    def keep_no_words(self) -> None:
        """Let nothing that she writes stay in the record: she refused that it is stored."""
        self.keeps_words = False

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, as Rasa knows it."""
        return "web"

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Record one message of the bot; one without words or data is nothing to show."""
        body = message_body(message)
        if body and not (body.get("text") and body["text"] in self._given):
            event = await self._record(recipient_id, "bot", body, self._submission)
            self.answers.append(event)


def message_body(message: Dict[str, Any]) -> Dict[str, Any]:
    """Return what the page shows of a Rasa message: text, quick replies and its kind.

    ``kind`` is "emergency" for each text that starts with "EMERGENCY:", "crisis" for the emergency
    response in its other wordings, and otherwise what metadata or custom JSON names under ``kind``.
    """
    text = message.get("text") or ""
    kind = ""
    for extra in (message.get("metadata"), message.get("custom")):
        if isinstance(extra, dict):
            kind = kind or str(extra.get("kind") or "")
            kind = kind or ("emergency" if extra.get("emergency") is True else "")
            text = text or str(extra.get("text") or "")
    if text.startswith("EMERGENCY:"):
        kind = "emergency"
    elif message.get("utter_action") == "utter_emergency":
        kind = "crisis"
    buttons = [
        {"title": str(button["title"]), "payload": as_words(button.get("payload"), button["title"])}
        for button in message.get("buttons") or message.get("quick_replies") or []
        if button.get("title")
    ]
    parts = {"text": text, "buttons": buttons, "kind": kind, "links": _links(message)}
    return {key: value for key, value in parts.items() if value} if text or buttons else {}


def _links(message: Dict[str, Any]) -> List[Dict[str, str]]:
    """Return documents to open, such as a plan: ``links`` of metadata or custom JSON."""
    for extra in (message.get("metadata"), message.get("custom")):
        links = extra.get("links") if isinstance(extra, dict) else None
        if isinstance(links, list):
            return [
                {"title": str(link["title"]), "url": str(link["url"])}
                for link in links
                if isinstance(link, dict) and link.get("title") and link.get("url")
            ]
    return []
