"""Patients with each app: they write webhooks of the providers' shapes, signed as providers do.

Signatures are made with the providers' own libraries where they have one.
"""

import hashlib
import hmac
import itertools
import json
import time
from urllib.parse import urlencode

import providers

_numbers = itertools.count(1)


class Patient:
    """Writes into one channel. ``request`` gives path, body and headers of one webhook."""

    content_type = "application/json"

    def __init__(self, client, address):
        self.client, self.address = client, address

    async def writes(self, text, **more):
        return await self.post(*self.request(text, **more))

    async def post(self, path, body, headers):
        return await self.client.post(path, content=body, headers=headers)


class TwilioPatient(Patient):
    name, path = "twilio", "/webhooks/twilio/webhook"
    content_type = "application/x-www-form-urlencoded"

    def request(self, text, id=None, **more):
        id = id or f"SM{next(_numbers):032}"
        form = {
            "ToCountry": "US",
            "SmsMessageSid": id,
            "NumMedia": "0",
            "SmsSid": id,
            "SmsStatus": "received",
            "Body": text or "",
            "To": providers.TWILIO["TWILIO_SMS_NUMBER"],
            "NumSegments": "1",
            "MessageSid": id,
            "AccountSid": providers.TWILIO["TWILIO_ACCOUNT_SID"],
            "From": self.address,
            "ApiVersion": "2010-04-01",
            **more,
        }
        return self.signed(self.path, form)

    def signed(self, path, form):
        from twilio.request_validator import RequestValidator

        url = providers.TWILIO["TWILIO_WEBHOOK_ADDRESS"] + path[len("/webhooks/twilio") :]
        validator = RequestValidator(providers.TWILIO["TWILIO_AUTH_TOKEN"])
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": validator.compute_signature(url, form),
        }
        return path, urlencode(form).encode(), headers


class TelegramPatient(Patient):
    name, path = "telegram", "/webhooks/telegram/webhook"

    def request(self, text, id=None, message_id=None, edited=False, chat=None, **more):
        number = id or next(_numbers)
        chat = chat or {"id": int(self.address), "first_name": "A", "type": "private"}
        message = {
            "message_id": message_id or number,
            "from": {"id": int(self.address), "is_bot": False, "first_name": "A"},
            "chat": chat,
            "date": int(time.time()),
            **({"text": text} if text is not None else {}),
            **more,
        }
        if edited:
            message["edit_date"] = int(time.time())
        update = {"update_id": number, "edited_message" if edited else "message": message}
        return self.signed(update)

    def signed(self, update):
        secret = providers.TELEGRAM["TELEGRAM_WEBHOOK_SECRET"]
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": secret,
        }
        return self.path, json.dumps(update).encode(), headers


class MessengerPatient(Patient):
    name, path = "messenger", "/webhooks/messenger/webhook"

    def request(self, text, id=None, **more):
        message = {"mid": id or f"m_{next(_numbers)}", **more}
        if text is not None:
            message["text"] = text
        return self.signed(self.event(message=message))

    def event(self, **what):
        return {
            "sender": {"id": self.address},
            "recipient": {"id": "1900"},
            "timestamp": int(time.time() * 1000),
            **what,
        }

    def signed(self, *events):
        data = {
            "object": "page",
            "entry": [{"id": "1900", "time": 1458692752478, "messaging": list(events)}],
        }
        body = json.dumps(data).encode()
        secret = providers.MESSENGER["MESSENGER_APP_SECRET"].encode()
        digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={digest}",
        }
        return self.path, body, headers


class SlackPatient(Patient):
    name, path = "slack", "/webhooks/slack/webhook"

    def request(self, text, id=None, ts=None, age=0, **more):
        number = next(_numbers)
        event = {
            "type": "message",
            "channel": self.address,
            "user": "U2147483697",
            "ts": ts or f"1355517523.{number:06}",
            "channel_type": "im",
            **({"text": text} if text is not None else {}),
            **more,
        }
        return self.signed(self.event(event, id or f"Ev{number}"), age)

    def event(self, event, id):
        return {
            "token": "not used any more",
            "team_id": "T123ABC456",
            "api_app_id": "A123ABC456",
            "event": event,
            "type": "event_callback",
            "event_id": id,
            "event_time": 1234567890,
        }

    def signed(self, data, age=0):
        return self.path, *self._sign(json.dumps(data).encode(), "application/json", age)

    def pressed(self, value, age=0):
        payload = {
            "type": "block_actions",
            "team": {"id": "T123ABC456"},
            "user": {"id": "U2147483697"},
            "container": {"type": "message", "channel_id": self.address, "message_ts": "1.2"},
            "actions": [{"type": "button", "action_ts": f"{time.time()}", "value": value}],
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        form = "application/x-www-form-urlencoded"
        return "/webhooks/slack/buttons", *self._sign(body, form, age)

    def _sign(self, body, content_type, age):
        from slack_sdk.signature import SignatureVerifier

        at = str(int(time.time()) - age)
        verifier = SignatureVerifier(providers.SLACK["SLACK_SIGNING_SECRET"])
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": verifier.generate_signature(timestamp=at, body=body),
        }
        return body, headers


class AppPatient(Patient):
    name, path = "webhook", "/webhooks/webhook/webhook"

    def request(self, text, id=None, age=0, **more):
        data = {
            "id": id or f"msg-{next(_numbers)}",
            "conversation": self.address,
            "text": text,
            **more,
        }
        return self.signed(json.dumps(data).encode(), age)

    def signed(self, body, age=0):
        at = str(int(time.time()) - age)
        secret = providers.WEBHOOK["WEBHOOK_SECRET"].encode()
        digest = hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": at,
            "X-Signature": f"v1={digest}",
        }
        return self.path, body, headers


#: By connector: its stand-in, its credentials, the variable with the API's address, a patient.
CONNECTORS = {
    "twilio": (
        providers.Twilio,
        providers.TWILIO,
        "TWILIO_API_ADDRESS",
        TwilioPatient,
        "+15551230001",
    ),
    "telegram": (
        providers.Telegram,
        providers.TELEGRAM,
        "TELEGRAM_API_ADDRESS",
        TelegramPatient,
        "4412345",
    ),
    "messenger": (
        providers.Messenger,
        providers.MESSENGER,
        "MESSENGER_API_ADDRESS",
        MessengerPatient,
        "2600000001",
    ),
    "slack": (
        providers.Slack,
        providers.SLACK,
        "SLACK_API_ADDRESS",
        SlackPatient,
        "D024BE91L",
    ),
    "webhook": (
        providers.App,
        providers.WEBHOOK,
        "WEBHOOK_CALLBACK_ADDRESS",
        AppPatient,
        "patient-4711",
    ),
}
