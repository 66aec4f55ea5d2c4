"""Any other app of the clinic: JSON over HTTP, signed both ways with one shared secret."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Optional

import httpx
from sanic.request import Request

from bot.channels.messaging import credentials, sms
from bot.channels.messaging.channel import MessagingChannel, Webhook
from bot.channels.messaging.provider import check_status
from bot.channels.messaging.received import Received
from bot.channels.messaging.signatures import is_fresh, same, sign
from bot.channels.messaging.webhooks import identifier, read_json
from bot.channels.outgoing import Due
from bot.channels.requests import Refused

#: Characters of one message to the app.
_MOST_CHARACTERS = 4000


class WebhookChannel(MessagingChannel):
    """Takes signed messages and posts signed answers; docs/channels.md has a client."""

    needs = credentials.WEBHOOK
    channels = ("webhook",)

    def read(self, request: Request, body: bytes) -> Webhook:
        """Return the message of a request. Raises Refused without a fresh signature."""
        at = request.headers.get("x-timestamp", "")
        if not is_fresh(at):
            raise Refused(403, "too_old", "X-Timestamp is missing or too old.")
        if not same(request.headers.get("x-signature"), self._signature(at, body)):
            raise Refused(403, "bad_signature", "X-Signature is wrong.")
        data = read_json(body)
        text = data.get("text")
        if text is not None and not isinstance(text, str):
            raise Refused(400, "bad_request", "text must be a string, or null for a photo or file.")
        message = Received(
            id=identifier(data.get("id")),
            channel="webhook",
            address=identifier(data.get("conversation")),
            text=text,
            attachment=data.get("attachment") is True,
        )
        return Webhook([message])

    def parts(self, body: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        """Return the texts, with the buttons at the last one."""
        shared = {"kind": body.get("kind", ""), "author": body.get("author", "bot")}
        texts = sms.split_characters(body.get("text", ""), _MOST_CHARACTERS)
        parts: List[Dict[str, Any]] = [{"text": text, **shared, "buttons": []} for text in texts]
        if parts:
            parts[-1]["buttons"] = body.get("buttons") or []
        return parts

    async def post(self, client: httpx.AsyncClient, due: Due) -> Optional[str]:
        """Post one message; the app may answer with the id it gives it."""
        message = {
            "id": f"{self.name()}-{due.number}",
            "conversation": due.address,
            **{key: due.body[key] for key in ("text", "buttons", "kind", "author")},
        }
        body, at = json.dumps(message).encode(), str(int(time.time()))
        answer = await client.post(
            self.given["WEBHOOK_CALLBACK_ADDRESS"],
            content=body,
            headers={
                "Content-Type": "application/json",
                "X-Timestamp": at,
                "X-Signature": self._signature(at, body),
            },
        )
        check_status(answer)
        return message["id"]

    def _signature(self, at: str, body: bytes) -> str:
        return f"v1={sign(self.given['WEBHOOK_SECRET'], at.encode(), b'.', body)}"
