"""Stand-ins for the providers' HTTP APIs. They check every request as the provider would.

What they take is in ``sent``; what they turn down is in ``refused`` and fails the test at the end.
``test_providers.py`` proves them against the providers' own libraries.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time

from aiohttp import web

from bot.channels.messaging.sms import segments

TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "5" * 32,
    "TWILIO_AUTH_TOKEN": "7" * 32,
    "TWILIO_WEBHOOK_ADDRESS": "https://chat.clinic.example/webhooks/twilio",
    "TWILIO_SMS_NUMBER": "+15005550006",
    "TWILIO_WHATSAPP_NUMBER": "+15005550009",
}
TELEGRAM = {
    "TELEGRAM_BOT_TOKEN": "123456789:" + "A" * 35,
    "TELEGRAM_WEBHOOK_SECRET": "a-secret-of-our-own-choice",
}
MESSENGER = {
    "MESSENGER_PAGE_TOKEN": "EAAB" + "x" * 40,
    "MESSENGER_APP_SECRET": "f" * 32,
    "MESSENGER_VERIFY_TOKEN": "a-token-of-our-own-choice",
    "MESSENGER_HUMAN_AGENT": "yes",
}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_SIGNING_SECRET": "e" * 32}
WEBHOOK = {"WEBHOOK_SECRET": "c" * 40}


class StandIn:
    """One provider. ``next`` holds answers to give instead of taking the next requests."""

    def __init__(self):
        self.sent, self.refused, self.next, self.held = [], [], [], None
        self._changed = asyncio.Condition()

    async def start(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self):
        await self._runner.cleanup()

    async def texts(self, count, seconds=20):
        """Wait until so many messages were taken, and return the texts of all."""
        async with self._changed:
            enough = self._changed.wait_for(lambda: len(self.sent) >= count)
            await asyncio.wait_for(enough, seconds)
        return [message["text"] for message in self.sent]

    async def _handle(self, request):
        body = await request.read()
        if self.held is not None:
            await self.held.wait()
        if self.next:
            status, data, headers = (*self.next.pop(0), {})[:3]
            return web.json_response(data, status=status, headers=headers)
        try:
            message, answer, status = self.take(request, body)
        except AssertionError as error:
            self.refused.append(f"{request.method} {request.path}: {error}")
            return web.json_response({"error": str(error)}, status=400)
        async with self._changed:
            if message is not None:
                self.sent.append({**message, "at": time.monotonic()})
            self._changed.notify_all()
        return web.json_response(answer, status=status)

    def take(self, request, body):
        raise NotImplementedError


class Twilio(StandIn):
    def take(self, request, body):
        sid, token = TWILIO["TWILIO_ACCOUNT_SID"], TWILIO["TWILIO_AUTH_TOKEN"]
        assert request.path == f"/2010-04-01/Accounts/{sid}/Messages.json", "path"
        basic = base64.b64encode(f"{sid}:{token}".encode()).decode()
        assert request.headers.get("Authorization") == f"Basic {basic}", "authentication"
        assert request.content_type == "application/x-www-form-urlencoded", "content type"
        from urllib.parse import parse_qs

        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        known = {"To", "From", "Body", "StatusCallback", "MessagingServiceSid"}
        assert set(form) <= known, f"fields {set(form) - known}"
        assert re.fullmatch(r"(whatsapp:)?\+\d{8,15}", form["To"]), "To"
        assert "MessagingServiceSid" in form or form["From"] in (
            TWILIO["TWILIO_SMS_NUMBER"],
            "whatsapp:" + TWILIO["TWILIO_WHATSAPP_NUMBER"],
        ), "From"
        assert form.get("From", "").startswith("whatsapp:") == form["To"].startswith("whatsapp:")
        assert 1 <= len(form["Body"]) <= 1600, "21617: more than 1600 characters"
        assert form["To"].startswith("whatsapp:") or segments(form["Body"]) <= 10, "segments"
        id = "SM" + hashlib.md5(f"{len(self.sent)}".encode()).hexdigest()
        answer = {"sid": id, "status": "queued", "to": form["To"], "body": form["Body"]}
        return {"text": form["Body"], "to": form["To"], "id": id, "form": form}, answer, 201


class Telegram(StandIn):
    def take(self, request, body):
        token = TELEGRAM["TELEGRAM_BOT_TOKEN"]
        assert request.path == f"/bot{token}/sendMessage", "path and token"
        if request.content_type == "application/json":
            message = json.loads(body)
        else:
            # The library posts a form, in which the keyboard is JSON.
            from urllib.parse import parse_qs

            message = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            if "reply_markup" in message:
                message["reply_markup"] = json.loads(message["reply_markup"])
        known = {"chat_id", "text", "reply_markup"}
        assert set(message) <= known, f"fields {set(message) - known}"
        assert re.fullmatch(r"\d+", str(message["chat_id"])), "chat_id"
        assert 1 <= len(message["text"]) <= 4096, "text is too long"
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        for button in [button for row in rows for button in row]:
            assert set(button) == {"text", "callback_data"}, "button"
            assert 1 <= len(button["callback_data"].encode()) <= 64, "BUTTON_DATA_INVALID"
        id = len(self.sent) + 1
        chat = {"id": int(message["chat_id"]), "type": "private"}
        result = {"message_id": id, "date": 1, "chat": chat, "text": message["text"]}
        buttons = [button["text"] for row in rows for button in row]
        taken = {"text": message["text"], "to": str(message["chat_id"]), "buttons": buttons}
        return {**taken, "rows": rows}, {"ok": True, "result": result}, 200


class Messenger(StandIn):
    def take(self, request, body):
        assert re.fullmatch(r"(/v[\d.]+)?/me/messages", request.path), "path"
        token = MESSENGER["MESSENGER_PAGE_TOKEN"]
        assert request.query["access_token"] == token, "access_token"
        secret = MESSENGER["MESSENGER_APP_SECRET"].encode()
        proof = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
        assert request.query["appsecret_proof"] == proof, "appsecret_proof"
        data = json.loads(body)
        known = {"recipient", "message", "messaging_type", "tag", "notification_type"}
        assert set(data) <= known, f"fields {set(data) - known}"
        kind = data["messaging_type"]
        assert kind in ("RESPONSE", "MESSAGE_TAG"), "messaging_type"
        assert (kind == "MESSAGE_TAG") == (data.get("tag") == "HUMAN_AGENT"), "tag"
        message = data["message"]
        assert set(message) <= {"text", "quick_replies"}, "message"
        assert 1 <= len(message["text"]) <= 2000, "text is too long"
        replies = message.get("quick_replies", [])
        assert len(replies) <= 13, "too many quick replies"
        for reply in replies:
            assert reply["content_type"] == "text", "content_type"
            assert 1 <= len(reply["title"]) <= 20, "title"
            assert 1 <= len(reply["payload"]) <= 1000, "payload"
        id = f"m_{len(self.sent)}"
        taken = {"text": message["text"], "to": data["recipient"]["id"], "replies": replies}
        answer = {"recipient_id": data["recipient"]["id"], "message_id": id}
        return {**taken, "kind": kind}, answer, 200


class Slack(StandIn):
    def take(self, request, body):
        assert request.path in ("/chat.postMessage", "/chat.postEphemeral"), "path"
        given = request.headers.get("Authorization")
        assert given == f"Bearer {SLACK['SLACK_BOT_TOKEN']}", "authentication"
        assert request.content_type == "application/json", "content type"
        message = json.loads(body)
        known = {"channel", "text", "blocks", "thread_ts", "unfurl_links", "user"}
        assert set(message) <= known, f"fields {set(message) - known}"
        assert re.fullmatch(r"[CDG][A-Z0-9]+", message["channel"]), "channel"
        assert 1 <= len(message["text"]) <= 4000, "msg_too_long"
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", message["text"]), "not escaped"
        buttons = []
        for block in message.get("blocks", []):
            if block["type"] == "section":
                assert 1 <= len(block["text"]["text"]) <= 3000, "section"
            else:
                assert block["type"] == "actions" and len(block["elements"]) <= 25, "actions"
                buttons = block["elements"]
        for button in buttons:
            assert len(button["text"]["text"]) <= 75 and len(button["value"]) <= 2000, "button"
        ts = f"1700000000.{len(self.sent):06}"
        taken = {"text": message["text"], "to": message["channel"], "buttons": buttons}
        answer = {"ok": True, "ts": ts, "channel": message["channel"]}
        return {**taken, "thread": message.get("thread_ts"), "path": request.path}, answer, 200


class App(StandIn):
    def take(self, request, body):
        at = request.headers["X-Timestamp"]
        assert abs(time.time() - int(at)) < 300, "time"
        secret = WEBHOOK["WEBHOOK_SECRET"].encode()
        expected = hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert request.headers["X-Signature"] == f"v1={expected}", "signature"
        message = json.loads(body)
        assert set(message) == {"id", "conversation", "text", "buttons", "kind", "author"}, "fields"
        assert 1 <= len(message["text"]) <= 4000, "text"
        return {**message, "to": message["conversation"]}, {}, 200
