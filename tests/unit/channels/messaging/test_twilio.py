"""SMS and WhatsApp: what phone networks and carriers add."""

import asyncio
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.services


class InAnEmergency:
    """An engine in whose conversation an emergency is open: everything gets the call line."""

    def __init__(self):
        self.seen = []

    async def __call__(self, message):
        self.seen.append(message)
        answer = {"text": "Call 999 again now.", "utter_action": "utter_emergency_open"}
        await message.output_channel.send_response(message.sender_id, answer)


async def test_a_picture_or_place_without_words_is_a_message_without_words(twilio):
    from bot.channels.incoming import NO_WORDS

    picture = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x", "Body": ""}
    answer = await twilio.patient.writes("", **picture)
    assert (answer.status_code, answer.text) == (200, "<Response/>")
    place = {"Latitude": "1.0", "Longitude": "2.0"}
    await twilio.patient.writes("", **place)
    await twilio.patient.writes("")
    await twilio.provider.texts(3)
    assert twilio.engine.texts == [NO_WORDS] * 3


async def test_words_beside_a_picture_are_read_and_the_picture_is_not(twilio):
    picture = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x"}
    await twilio.patient.writes("look at my arm", **picture)
    answer, unseen = await twilio.provider.texts(2)
    assert answer == "I read: look at my arm" and "photos" in unseen


async def test_help_is_answered_by_the_engine_and_then_as_carriers_require(twilio):
    await twilio.patient.writes("HELP")
    answer, info = await twilio.provider.texts(2)
    assert answer == "I read: HELP"
    for part in ("Riverside Maternity", "01632 960000", "999", "rates may apply", "Reply STOP"):
        assert part in info


async def test_what_twilio_has_answered_itself_is_not_answered_again(twilio):
    await twilio.patient.writes("HELP", OptOutType="HELP")
    await twilio.patient.writes("STOP", OptOutType="STOP")
    await twilio.patient.writes("hello")
    assert await twilio.provider.texts(2) == ["I read: HELP", "I read: hello"]


async def test_stop_in_an_emergency_still_gets_the_emergency_answer_first(make_system):
    async with make_system("twilio", engine=InAnEmergency()).running() as system:
        await system.patient.writes("STOP")
        answer, confirmed = await system.provider.texts(2)
    assert answer == "Call 999 again now." and confirmed.startswith("You have stopped")


async def test_yes_is_an_answer_unless_messages_are_stopped(twilio):
    await twilio.patient.writes("choose")
    await twilio.patient.writes("YES")
    assert (await twilio.provider.texts(2))[1] == "I read: YES"
    await twilio.patient.writes("cancel")
    await twilio.provider.texts(4)
    await twilio.patient.writes("yes")
    assert (await twilio.provider.texts(6))[5].startswith("You will get our messages again")


async def test_a_number_counts_for_the_last_list_only(twilio):
    await twilio.patient.writes("choose")
    await twilio.patient.writes("what is b12")
    await twilio.patient.writes("2")
    assert (await twilio.provider.texts(3))[2] == "I read: 2"
    await twilio.patient.writes("choose")
    await twilio.patient.writes("(1)")
    assert (await twilio.provider.texts(5))[4] == "I read: yes it is"


async def test_a_delivery_report_of_a_lost_message_is_shown_to_the_nurses(twilio):
    from bot.channels.outgoing import undelivered

    await twilio.patient.writes("hello")
    await twilio.provider.texts(1)
    await twilio.settled()
    sent = twilio.provider.sent[0]
    assert sent["form"]["StatusCallback"] == "https://chat.clinic.example/webhooks/twilio/status"
    report = {
        "MessageSid": sent["id"],
        "AccountSid": "AC" + "5" * 32,
        "MessageStatus": "delivered",
    }
    signed = twilio.patient.signed("/webhooks/twilio/status", report)
    assert (await twilio.patient.post(*signed)).status_code == 204
    assert undelivered(twilio.settings) == []

    report = {**report, "MessageStatus": "undelivered", "ErrorCode": "30005"}
    path, body, headers = twilio.patient.signed("/webhooks/twilio/status", report)
    forged = await twilio.patient.post(path, body, {**headers, "X-Twilio-Signature": "x"})
    assert forged.status_code == 403 and undelivered(twilio.settings) == []
    await twilio.patient.post(path, body, headers)
    [lost] = undelivered(twilio.settings)
    assert (lost.state, lost.reason) == ("failed", "Twilio error 30005")


async def test_a_number_that_replied_stop_at_the_carrier_is_not_tried_again(twilio):
    from bot.channels.outgoing import undelivered

    twilio.provider.next = [(400, {"code": 21610, "message": "unsubscribed recipient"})]
    await twilio.patient.writes("hello")
    for _ in range(100):
        if undelivered(twilio.settings):
            break
        await asyncio.sleep(0.05)
    [lost] = undelivered(twilio.settings)
    assert "STOP" in lost.reason and lost.state == "failed"


async def test_whatsapp_is_a_channel_of_its_own_with_its_24_hours(twilio):
    from bot.channels.push import CannotDeliver

    twilio.patient.address = "whatsapp:+15551230001"
    await twilio.patient.writes("what’s “b12” …")
    assert await twilio.provider.texts(1) == ["I read: what’s “b12” …"]
    assert twilio.provider.sent[0]["to"] == "whatsapp:+15551230001"
    assert twilio.engine.seen[0].input_channel == "whatsapp"
    conversation = twilio.engine.seen[0].sender_id
    twilio.channel.clock = lambda: time.time() + 24 * 3600 + 1
    with pytest.raises(CannotDeliver, match="24 hours"):
        await twilio.channel.push(conversation, "How are you?", "nurse", "Anna", "k", [])


async def test_an_sms_is_written_in_the_cheap_alphabet(twilio):
    await twilio.patient.writes("what’s “b12” …")
    assert await twilio.provider.texts(1) == ['I read: what\'s "b12" ...']


async def test_a_messaging_service_may_send(make_system):
    system = make_system("twilio")
    system.given = {
        **{key: value for key, value in system.given.items() if key != "TWILIO_SMS_NUMBER"},
        "TWILIO_MESSAGING_SERVICE_SID": "MG" + "1" * 32,
    }
    async with system.running():
        await system.patient.writes("hello")
        await system.provider.texts(1)
    assert system.provider.sent[0]["form"]["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in system.provider.sent[0]["form"]


async def test_the_fallback_is_one_message_with_the_emergency_numbers(twilio):
    answer = await twilio.client.post("/webhooks/twilio/fallback", data={"Body": "hello"})
    assert answer.headers["content-type"].startswith("text/xml")
    response = ElementTree.fromstring(answer.text)
    assert [element.tag for element in response] == ["Message"]
    assert "999" in response[0].text


def test_the_fallback_can_be_written_to_a_file():
    command = [sys.executable, "-m", "bot.channels.messaging.fallback"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    [message] = ElementTree.fromstring(done.stdout)
    assert "911" in message.text and "999" in message.text
