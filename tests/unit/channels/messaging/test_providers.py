"""The stand-ins take what the providers' own libraries send: they are no easier than the real."""

import asyncio

import providers
import pytest

pytestmark = pytest.mark.services


@pytest.fixture
async def stand_in(request):
    made = request.param()
    await made.start()
    yield made
    await made.stop()
    assert made.refused == []


@pytest.mark.parametrize("stand_in", [providers.Twilio], indirect=True)
async def test_twilio(stand_in):
    from twilio.rest import Client

    client = Client(providers.TWILIO["TWILIO_ACCOUNT_SID"], providers.TWILIO["TWILIO_AUTH_TOKEN"])
    client.api.base_url = stand_in.address
    message = await asyncio.to_thread(
        client.messages.create,
        to="+15551230001",
        from_=providers.TWILIO["TWILIO_SMS_NUMBER"],
        body="hello",
        status_callback="https://chat.clinic.example/webhooks/twilio/status",
    )
    assert message.sid == stand_in.sent[0]["id"] and stand_in.sent[0]["text"] == "hello"


@pytest.mark.parametrize("stand_in", [providers.Telegram], indirect=True)
async def test_telegram(stand_in):
    from aiogram import Bot
    from aiogram.bot.api import TelegramAPIServer
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    server = TelegramAPIServer.from_base(stand_in.address)
    bot = Bot(providers.TELEGRAM["TELEGRAM_BOT_TOKEN"], server=server)
    keyboard = InlineKeyboardMarkup().row(InlineKeyboardButton("Yes", callback_data="yes"))
    try:
        message = await bot.send_message(4412345, "hello", reply_markup=keyboard)
    finally:
        await bot.session.close()
    assert message.message_id == 1 and stand_in.sent[0]["buttons"] == ["Yes"]


@pytest.mark.parametrize("stand_in", [providers.Messenger], indirect=True)
async def test_messenger(stand_in):
    from fbmessenger import MessengerClient

    client = MessengerClient(
        providers.MESSENGER["MESSENGER_PAGE_TOKEN"],
        app_secret=providers.MESSENGER["MESSENGER_APP_SECRET"],
    )
    client.graph_url = f"{stand_in.address}/v2.12"
    answer = await asyncio.to_thread(client.send, {"text": "hello"}, "2600000001")
    assert answer["message_id"] == "m_0" and stand_in.sent[0]["text"] == "hello"


@pytest.mark.parametrize("stand_in", [providers.Slack], indirect=True)
async def test_slack(stand_in):
    from slack_sdk import WebClient

    client = WebClient(providers.SLACK["SLACK_BOT_TOKEN"], base_url=f"{stand_in.address}/")
    send = {"channel": "D024BE91L", "text": "hello", "thread_ts": "1.2"}
    answer = await asyncio.to_thread(lambda: client.chat_postMessage(**send))
    assert answer["ok"] and stand_in.sent[0]["thread"] == "1.2"
