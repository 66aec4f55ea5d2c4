"""Telegram: a bot in private chats."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import httpx
from sanic import response
from sanic.request import Request

from bot.channels.messaging import credentials, sms
from bot.channels.messaging.channel import MessagingChannel, Webhook
from bot.channels.messaging.provider import CannotSend, TryLater, check_status
from bot.channels.messaging.received import Received
from bot.channels.messaging.signatures import same
from bot.channels.messaging.webhooks import identifier, mapping, read_json, words
from bot.channels.outgoing import Due
from bot.channels.requests import Refused
from bot.channels.safe_text import call_line

#: Characters of one message, and bytes a button may send back.
_MOST_CHARACTERS, _MOST_BUTTON_BYTES = 4096, 64
#: Parts of a message that nobody will look at.
_ATTACHMENTS = (
    *("photo", "voice", "audio", "video", "video_note", "document", "animation", "sticker"),
    *("location", "venue", "contact", "poll", "dice"),
)


class TelegramChannel(MessagingChannel):
    """Checks the secret token of each update and answers with the Bot API."""

    needs = credentials.TELEGRAM
    channels = ("telegram",)
    repeats_refused = True
    largest_body = 256 * 1024

    def read(self, request: Request, body: bytes) -> Webhook:
        """Return the message of an update. Raises Refused without the secret token."""
        given = request.headers.get("x-telegram-bot-api-secret-token")
        if not same(given, self.given["TELEGRAM_WEBHOOK_SECRET"]):
            raise Refused(403, "bad_signature", "The secret token is wrong.")
        update = read_json(body)
        id = identifier(update.get("update_id"))
        if "callback_query" in update:
            return self._read_button(id, mapping(update["callback_query"]))
        edited = "edited_message" in update
        message = mapping(update.get("edited_message" if edited else "message"))
        if not message:
            return self._read_membership(mapping(update.get("my_chat_member")))
        chat = mapping(message.get("chat"))
        if chat.get("type") != "private":
            return self._refuse_group(chat)
        if mapping(message.get("from")).get("is_bot") is True:
            return Webhook()
        text = words(message.get("text")) or words(message.get("caption"))
        if edited and text is None:
            # A place that is shared live changes every few seconds.
            return Webhook()
        received = Received(
            id=id,
            channel="telegram",
            address=identifier(chat.get("id")),
            text=text,
            attachment=any(part in message for part in _ATTACHMENTS),
            original=identifier(message.get("message_id")),
            edited=edited,
        )
        return Webhook([received])

    def _read_button(self, id: str, query: Dict[str, Any]) -> Webhook:
        sender = identifier(mapping(query.get("from")).get("id"))
        chat = mapping(mapping(query.get("message")).get("chat"))
        if chat.get("type", "private") != "private":
            return self._refuse_group(chat)
        # Without this answer the button would seem to wait.
        answer = response.json(
            {
                "method": "answerCallbackQuery",
                "callback_query_id": identifier(query.get("id")),
            }
        )
        received = Received(id, "telegram", sender, words(query.get("data")))
        return Webhook([received], answer)

    def _read_membership(self, change: Dict[str, Any]) -> Webhook:
        chat = mapping(change.get("chat"))
        status = mapping(change.get("new_chat_member")).get("status")
        if chat.get("type") in ("group", "supergroup", "channel") and status in (
            "member",
            "administrator",
        ):
            leave = {"method": "leaveChat", "chat_id": identifier(chat.get("id"))}
            return Webhook(answer=response.json(leave))
        return Webhook()

    def _refuse_group(self, chat: Dict[str, Any]) -> Webhook:
        group = identifier(chat.get("id"))
        if self.public_limit.wait(f"group {group}"):
            return Webhook()
        text = (
            "I only talk in a private chat, where nobody else can read what you write. "
            f"In an emergency: {call_line(self.settings.region)}"
        )
        message = {"method": "sendMessage", "chat_id": group, "text": text}
        return Webhook(answer=response.json(message))

    def parts(self, body: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        """Return the texts; the buttons stand below the last one."""
        texts = sms.split_characters(body.get("text", ""), _MOST_CHARACTERS)
        parts: List[Dict[str, Any]] = [{"text": text} for text in texts]
        if parts and body.get("buttons"):
            parts[-1]["buttons"] = body["buttons"]
        return parts

    async def post(self, client: httpx.AsyncClient, due: Due) -> Optional[str]:
        """Send one message; return its id."""
        message: Dict[str, Any] = {"chat_id": due.address, "text": due.body["text"]}
        if due.body.get("buttons"):
            keyboard = [
                [{"text": button["title"], "callback_data": _callback_data(button)}]
                for button in due.body["buttons"]
            ]
            message["reply_markup"] = {"inline_keyboard": keyboard}
        api = self.given.get("TELEGRAM_API_ADDRESS", "https://api.telegram.org").rstrip("/")
        answer = await client.post(
            f"{api}/bot{self.given['TELEGRAM_BOT_TOKEN']}/sendMessage", json=message
        )
        if answer.status_code == 429:
            wait = mapping(answer.json().get("parameters")).get("retry_after", 0)
            raise TryLater("too many messages", min(float(wait), 3600.0))
        if answer.status_code == 403:
            raise CannotSend("she has blocked the bot or deleted the chat")
        check_status(answer)
        return str(answer.json()["result"]["message_id"])


def _callback_data(button: Dict[str, str]) -> str:
    said = button.get("payload") or button["title"]
    if len(said.encode()) > _MOST_BUTTON_BYTES:
        said = button["title"]
    return said.encode()[:_MOST_BUTTON_BYTES].decode("utf-8", "ignore")
