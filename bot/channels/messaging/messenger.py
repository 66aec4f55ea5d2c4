"""Facebook Messenger: the page of the clinic."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import httpx
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.messaging import choices, credentials, sms
from bot.channels.messaging.channel import MessagingChannel, Webhook
from bot.channels.messaging.provider import CannotSend, TryLater, check_status
from bot.channels.messaging.received import Received
from bot.channels.messaging.signatures import same, sign
from bot.channels.messaging.webhooks import identifier, listing, mapping, read_json, words
from bot.channels.outgoing import Due
from bot.channels.requests import Refused

_API = "https://graph.facebook.com/v19.0"
#: Characters of a text and of a quick reply's title; quick replies and bytes of what they send.
_MOST_CHARACTERS, _MOST_TITLE, _MOST_REPLIES, _MOST_PAYLOAD = 2000, 20, 13, 1000
#: Seconds after her last message in which we may write, and in which a nurse may.
_WINDOW, _HUMAN_WINDOW = 24 * 3600.0, 7 * 24 * 3600.0
#: The Graph API's codes for "not now" and for a wrong token.
_NOT_NOW, _TOKEN = frozenset({1, 2, 4, 32, 341, 613, 1200}), frozenset({102, 190})


class MessengerChannel(MessagingChannel):
    """Checks X-Hub-Signature-256 and answers with the Send API."""

    needs = credentials.MESSENGER
    channels = ("messenger",)
    repeats_refused = True
    # One request may bring many messages.
    largest_body = 512 * 1024
    _most_messages = 1000

    def add_routes(self, routes: Blueprint) -> None:
        """Add the question Facebook asks once, when the webhook is set up."""

        @routes.get("/webhook")
        async def verify(request: Request) -> HTTPResponse:
            token = request.args.get("hub.verify_token")
            challenge = request.args.get("hub.challenge") or ""
            good = same(token, self.given["MESSENGER_VERIFY_TOKEN"])
            if not good or request.args.get("hub.mode") != "subscribe":
                raise Refused(403, "bad_signature", "The verify token is wrong.")
            if not (challenge.isascii() and challenge.isalnum() and len(challenge) <= 200):
                raise Refused(400, "bad_request", "The challenge cannot be used.")
            return response.text(challenge)

    def read(self, request: Request, body: bytes) -> Webhook:
        """Return the messages of a batch. Raises Refused without Facebook's signature."""
        expected = f"sha256={sign(self.given['MESSENGER_APP_SECRET'], body)}"
        if not same(request.headers.get("x-hub-signature-256"), expected):
            raise Refused(403, "bad_signature", "The signature is wrong.")
        data = read_json(body)
        if data.get("object") != "page":
            return Webhook()
        events = [
            mapping(event)
            for entry in listing(data.get("entry"))
            for event in listing(mapping(entry).get("messaging"))
        ][: self._most_messages]
        found = [self._read_event(event) for event in events]
        return Webhook([message for message in found if message])

    def _read_event(self, event: Dict[str, Any]) -> Optional[Received]:
        message, postback = mapping(event.get("message")), mapping(event.get("postback"))
        # Echoes are our own words; deliveries and read receipts have neither of the two.
        if message.get("is_echo") is True or not (message or postback):
            return None
        reply = mapping(message.get("quick_reply"))
        text = (
            words(postback.get("payload"))
            or words(postback.get("title"))
            or words(reply.get("payload"))
            or words(message.get("text"))
        )
        return Received(
            id=identifier(message.get("mid") or postback.get("mid")),
            channel="messenger",
            address=identifier(mapping(event.get("sender")).get("id")),
            text=text,
            attachment=bool(message.get("attachments")),
        )

    def parts(self, body: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        """Return the texts, with quick replies below the last one.

        Titles that are too long for a quick reply become a numbered list with short replies.
        """
        buttons = [
            {"title": one["title"], "payload": one.get("payload") or one["title"]}
            for one in body.get("buttons") or []
        ][:_MOST_REPLIES]
        text = body.get("text", "")
        if any(len(button["title"]) > _MOST_TITLE for button in buttons):
            text = choices.with_list(text, buttons)
            buttons = [{**button, "title": str(number)} for number, button in enumerate(buttons, 1)]
        texts = sms.split_characters(text, _MOST_CHARACTERS)
        parts: List[Dict[str, Any]] = [
            {"text": one, "author": body.get("author", "bot")} for one in texts
        ]
        if parts and buttons:
            parts[-1]["buttons"] = buttons
        return parts

    async def post(self, client: httpx.AsyncClient, due: Due) -> Optional[str]:
        """Send one message; return its id."""
        message: Dict[str, Any] = {"text": due.body["text"]}
        if due.body.get("buttons"):
            message["quick_replies"] = [
                {
                    "content_type": "text",
                    "title": button["title"],
                    "payload": button["payload"][:_MOST_PAYLOAD],
                }
                for button in due.body["buttons"]
            ]
        body = {"recipient": {"id": due.address}, "message": message, **self._kind(due)}
        token = self.given["MESSENGER_PAGE_TOKEN"]
        proof = sign(self.given["MESSENGER_APP_SECRET"], token.encode())
        api = self.given.get("MESSENGER_API_ADDRESS", _API).rstrip("/")
        answer = await client.post(
            f"{api}/me/messages",
            params={"access_token": token, "appsecret_proof": proof},
            json=body,
        )
        if answer.status_code == 400:
            code = mapping(answer.json().get("error")).get("code")
            if code in _NOT_NOW:
                raise TryLater(f"Graph API error {code}")
            if code in _TOKEN:
                raise TryLater(f"Graph API error {code}: check MESSENGER_PAGE_TOKEN")
            raise CannotSend(f"Graph API error {code}")
        check_status(answer)
        return str(answer.json()["message_id"])

    def _kind(self, due: Due) -> Dict[str, str]:
        """Return how Facebook's 24-hour rule lets us send this message. Raises CannotSend."""
        age = self.clock() - due.last_in_at
        if age <= _WINDOW:
            return {"messaging_type": "RESPONSE"}
        by_nurse = due.body.get("author") == "nurse"
        if by_nurse and age <= _HUMAN_WINDOW and "MESSENGER_HUMAN_AGENT" in self.given:
            return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        raise CannotSend("more than 24 hours since her last message")
