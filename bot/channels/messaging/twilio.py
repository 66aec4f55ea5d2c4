"""SMS and WhatsApp through Twilio."""

from __future__ import annotations

from typing import Any, Dict, List, Optional
from urllib.parse import parse_qs

import httpx
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from twilio.request_validator import RequestValidator

from bot.channels.messaging import credentials, keywords, sms
from bot.channels.messaging.channel import MessagingChannel, Webhook
from bot.channels.messaging.fallback import fallback_twiml
from bot.channels.messaging.provider import CannotSend, check_status
from bot.channels.messaging.received import Received
from bot.channels.messaging.webhooks import identifier, read_body, words
from bot.channels.outgoing import Due
from bot.channels.requests import Refused

_XML = "text/xml; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"
#: Segments of one text message; more arrive late or in the wrong order on some networks.
_MOST_SEGMENTS = 6
#: Characters Twilio takes in one message.
_MOST_CHARACTERS = 1600
_MOST_FIELDS = 100
#: Twilio's code for a number that replied STOP, and what it reports of a message that was lost.
_OPTED_OUT = 21610
_LOST = ("failed", "undelivered")
#: WhatsApp takes free text only within this many seconds after her last message.
_WHATSAPP_WINDOW = 24 * 3600.0


class TwilioChannel(MessagingChannel):
    """Verifies X-Twilio-Signature, answers at once and sends through the Messages API."""

    needs = credentials.TWILIO
    channels = ("sms", "whatsapp")
    content_type = _FORM
    keywords = keywords.CARRIER
    numbered = True

    def read(self, request: Request, body: bytes) -> Webhook:
        """Return the message in a form Twilio signed. Raises Refused."""
        form = self._verified(request, body, "/webhook")
        sender, channel = form.get("From", ""), "sms"
        if sender.startswith("whatsapp:"):
            sender, channel = sender[len("whatsapp:") :], "whatsapp"
        # Some networks exchange these two signs.
        text = words(form.get("Body", "").replace("¡", "@"))
        message = Received(
            id=identifier(form.get("MessageSid") or form.get("SmsMessageSid")),
            channel=channel,
            address=identifier(sender),
            text=text,
            attachment=form.get("NumMedia", "0") not in ("", "0") or "Latitude" in form,
            keyword_answered="OptOutType" in form,
        )
        return Webhook([message], response.text("<Response/>", content_type=_XML))

    def parts(self, body: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        """Return one part per text message."""
        text = body.get("text", "")
        if channel == "whatsapp":
            return [{"text": part} for part in sms.split_characters(text, _MOST_CHARACTERS)]
        plain = sms.plain(text)
        return [{"text": part} for part in sms.split(plain, _MOST_SEGMENTS, _MOST_CHARACTERS)]

    async def post(self, client: httpx.AsyncClient, due: Due) -> Optional[str]:
        """Create one message; return its SID."""
        given = self.given
        if due.channel == "whatsapp":
            if self.clock() - due.last_in_at > _WHATSAPP_WINDOW:
                raise CannotSend("more than 24 hours since her last message")
            form = {"To": f"whatsapp:{due.address}"}
            sender = given.get("TWILIO_WHATSAPP_NUMBER", "").removeprefix("whatsapp:")
            form["From"] = f"whatsapp:{sender}"
        else:
            form = {"To": due.address}
            if "TWILIO_MESSAGING_SERVICE_SID" in given:
                form["MessagingServiceSid"] = given["TWILIO_MESSAGING_SERVICE_SID"]
            else:
                form["From"] = given.get("TWILIO_SMS_NUMBER", "")
        form["Body"] = due.body["text"]
        form["StatusCallback"] = f"{self._address}/status"
        account = given["TWILIO_ACCOUNT_SID"]
        api = given.get("TWILIO_API_ADDRESS", "https://api.twilio.com").rstrip("/")
        answer = await client.post(
            f"{api}/2010-04-01/Accounts/{account}/Messages.json",
            data=form,
            auth=(account, given["TWILIO_AUTH_TOKEN"]),
        )
        if answer.status_code == 400:
            code = answer.json().get("code")
            if code == _OPTED_OUT:
                raise CannotSend("she has stopped messages (STOP)")
            raise CannotSend(f"Twilio error {code}")
        check_status(answer)
        return str(answer.json()["sid"])

    def add_routes(self, routes: Blueprint) -> None:
        """Add the status callback and the fallback that needs nothing but this process."""

        @routes.post("/status", stream=True)
        async def status(request: Request) -> HTTPResponse:
            body = await read_body(request, self.largest_body, _FORM)
            form = self._verified(request, body, "/status")
            state = form.get("MessageStatus", "")
            lost = f"Twilio error {form.get('ErrorCode') or 'unknown'}" if state in _LOST else None
            id = identifier(form.get("MessageSid"))
            await self.stored(self.outgoing.report, id, state, lost)
            return response.text("", status=204)

        @routes.route("/fallback", methods=["GET", "POST"])
        async def fallback(_: Request) -> HTTPResponse:
            return response.text(fallback_twiml(self.settings), content_type=_XML)

    @property
    def _address(self) -> str:
        return self.given["TWILIO_WEBHOOK_ADDRESS"].rstrip("/")

    def _verified(self, request: Request, body: bytes, path: str) -> Dict[str, str]:
        try:
            # Sanic drops empty fields, and Twilio signs them.
            form = parse_qs(
                body.decode("utf-8"),
                keep_blank_values=True,
                strict_parsing=bool(body),
                max_num_fields=_MOST_FIELDS,
                errors="strict",
            )
        except ValueError:
            raise Refused(400, "bad_form", "The form cannot be read.") from None
        query = f"?{request.query_string}" if request.query_string else ""
        signature = request.headers.get("x-twilio-signature", "")
        validator = RequestValidator(self.given["TWILIO_AUTH_TOKEN"])
        if not validator.validate(f"{self._address}{path}{query}", _Form(form), signature):
            raise Refused(403, "bad_signature", "The signature is wrong.")
        if form.get("AccountSid", [""])[0] != self.given["TWILIO_ACCOUNT_SID"]:
            raise Refused(403, "wrong_account", "The account is another one.")
        return {name: values[0] for name, values in form.items()}


class _Form(Dict[str, List[str]]):
    """A form whose fields may come twice, as Twilio's validator reads it."""

    def getlist(self, name: str) -> List[str]:
        return self[name]
