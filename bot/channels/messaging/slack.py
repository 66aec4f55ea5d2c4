"""Slack: direct messages with the clinic's app."""

from __future__ import annotations

import html
import re
from typing import Any, Dict, List, Optional
from urllib.parse import parse_qs

import httpx
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels.messaging import credentials, sms
from bot.channels.messaging.channel import MessagingChannel, Webhook
from bot.channels.messaging.provider import CannotSend, TryLater, check_status
from bot.channels.messaging.received import Received
from bot.channels.messaging.signatures import is_fresh, same, sign
from bot.channels.messaging.webhooks import (
    identifier,
    listing,
    mapping,
    read_body,
    read_json,
    words,
)
from bot.channels.outgoing import Due
from bot.channels.requests import Refused
from bot.channels.safe_text import call_line

_FORM = "application/x-www-form-urlencoded"
#: Characters of a section and of a button; buttons of a row.
_MOST_CHARACTERS, _MOST_TITLE, _MOST_BUTTONS = 2900, 75, 25
#: Messages of people; every other subtype tells of something that happened.
_SUBTYPES = (None, "file_share", "thread_broadcast", "message_changed", "me_message")
_LINK = re.compile(r"<(?:[^<>|]*\|)?([^<>|]*)>")
_NOT_NOW = frozenset(
    {
        *("ratelimited", "rate_limited", "service_unavailable", "fatal_error", "internal_error"),
        *("request_timeout", "team_added_to_org", "accesslimited"),
    }
)
_CREDENTIALS = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "missing_scope"}
)


class SlackChannel(MessagingChannel):
    """Checks Slack's signature and time, and answers with chat.postMessage in the same thread."""

    needs = credentials.SLACK
    channels = ("slack",)
    repeats_refused = True
    largest_body = 256 * 1024

    def read(self, request: Request, body: bytes) -> Webhook:
        """Return the message of an event. Raises Refused without a fresh signature."""
        self._verify(request, body)
        data = read_json(body)
        if data.get("type") == "url_verification":
            return Webhook(answer=response.text(str(data.get("challenge") or "")[:200]))
        event = mapping(data.get("event"))
        if data.get("type") != "event_callback":
            return Webhook()
        if event.get("type") == "app_mention":
            return self._refuse_public(data, event)
        subtype = event.get("subtype")
        if (
            event.get("type") != "message"
            or event.get("channel_type") != "im"
            or subtype not in _SUBTYPES
        ):
            return Webhook()
        edited = subtype == "message_changed"
        message = mapping(event.get("message")) if edited else event
        if message.get("bot_id") or not message.get("user"):
            return Webhook()
        text = words(message.get("text"))
        team, channel = identifier(data.get("team_id")), identifier(event.get("channel"))
        thread = words(message.get("thread_ts"))
        received = Received(
            id=identifier(data.get("event_id")),
            channel="slack",
            address=f"{team}:{channel}",
            text=_as_written(text) if text else None,
            route={"thread_ts": thread} if thread else {},
            attachment=bool(message.get("files")),
            original=identifier(message.get("ts")),
            edited=edited,
        )
        return Webhook([received])

    def _refuse_public(self, data: Dict[str, Any], event: Dict[str, Any]) -> Webhook:
        channel, user = identifier(event.get("channel")), identifier(event.get("user"))
        if not self.public_limit.wait(f"mention {channel} {user}"):
            self.tell_privately(channel, user)
        return Webhook()

    def tell_privately(self, channel: str, user: str) -> None:
        """Tell somebody who mentioned the app among others where she can talk to it."""
        text = (
            "I only talk in a direct message, where nobody else can read what you write. "
            f"In an emergency: {call_line(self.settings.region)}"
        )
        body = {"text": text, "route": {"user": user}}
        due = Due(0, "slack", f":{channel}", body, 0, self.clock())
        self.in_background(self.courier.send(due))

    def add_routes(self, routes: Blueprint) -> None:
        """Add the address for pressed buttons."""

        @routes.post("/buttons", stream=True)
        async def buttons(request: Request) -> HTTPResponse:
            body = await read_body(request, self.largest_body, _FORM)
            self._verify(request, body)
            pressed = self._read_button(body)
            if pressed:
                await self.take(pressed)
            return response.text("")

    def _read_button(self, body: bytes) -> Optional[Received]:
        try:
            form = parse_qs(body.decode("utf-8"), max_num_fields=10)
        except ValueError:
            raise Refused(400, "bad_form", "The form cannot be read.") from None
        data = read_json(form.get("payload", [""])[0].encode())
        actions, place = listing(data.get("actions")), mapping(data.get("container"))
        if data.get("type") != "block_actions" or not actions:
            return None
        action = mapping(actions[0])
        channel, at = identifier(place.get("channel_id")), identifier(action.get("action_ts"))
        if not channel.startswith("D"):
            return None
        thread = words(place.get("thread_ts"))
        return Received(
            id=f"button {channel} {at}",
            channel="slack",
            address=f"{identifier(mapping(data.get('team')).get('id'))}:{channel}",
            text=words(action.get("value")),
            route={"thread_ts": thread} if thread else {},
        )

    def _verify(self, request: Request, body: bytes) -> None:
        at = request.headers.get("x-slack-request-timestamp", "")
        if not is_fresh(at):
            raise Refused(403, "too_old", "The time of the request is missing or too old.")
        expected = f"v0={sign(self.given['SLACK_SIGNING_SECRET'], b'v0:', at.encode(), b':', body)}"
        if not same(request.headers.get("x-slack-signature"), expected):
            raise Refused(403, "bad_signature", "The signature is wrong.")

    def parts(self, body: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        """Return the texts, with buttons below the last one."""
        texts = sms.split_characters(body.get("text", ""), _MOST_CHARACTERS)
        parts: List[Dict[str, Any]] = [{"text": text} for text in texts]
        if parts and body.get("buttons"):
            parts[-1]["buttons"] = body["buttons"][:_MOST_BUTTONS]
        return parts

    async def post(self, client: httpx.AsyncClient, due: Due) -> Optional[str]:
        """Send one message; return its time stamp, which is its id."""
        text = html.escape(due.body["text"], quote=False)
        message: Dict[str, Any] = {
            "channel": due.address.partition(":")[2],
            "text": text,
            "unfurl_links": False,
            **due.body["route"],
        }
        if due.body.get("buttons"):
            message["blocks"] = _blocks(due.body["text"], due.body["buttons"])
        method = "chat.postEphemeral" if "user" in message else "chat.postMessage"
        api = self.given.get("SLACK_API_ADDRESS", "https://slack.com/api").rstrip("/")
        answer = await client.post(
            f"{api}/{method}",
            json=message,
            headers={"Authorization": f"Bearer {self.given['SLACK_BOT_TOKEN']}"},
        )
        check_status(answer)
        data = mapping(answer.json())
        if data.get("ok") is not True:
            error = str(data.get("error"))[:60]
            if error in _NOT_NOW:
                raise TryLater(f"Slack error {error}")
            if error in _CREDENTIALS:
                raise TryLater(f"Slack error {error}: check SLACK_BOT_TOKEN")
            raise CannotSend(f"Slack error {error}")
        return str(data.get("ts") or data.get("message_ts"))


def _as_written(text: str) -> str:
    """Return what she typed: Slack puts links in brackets and writes <, > and & as entities."""
    return html.unescape(_LINK.sub(r"\1", text))


def _blocks(text: str, buttons: List[Dict[str, str]]) -> List[Dict[str, Any]]:
    elements = [
        {
            "type": "button",
            "action_id": f"choice-{number}",
            "text": {"type": "plain_text", "text": button["title"][:_MOST_TITLE]},
            "value": button.get("payload") or button["title"],
        }
        for number, button in enumerate(buttons, 1)
    ]
    section = {"type": "section", "text": {"type": "plain_text", "text": text}}
    return [section, {"type": "actions", "elements": elements}]
