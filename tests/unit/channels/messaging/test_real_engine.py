"""Every connector in front of the trained model and the care service, all as real processes."""

import asyncio
import dataclasses
import functools
import os
import time
from dataclasses import replace

import httpx
import pytest
from patients import CONNECTORS

from bot.desk import api_tokens
from bot.service.processes import free_port, stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model
from bot.settings import load_settings

pytestmark = [pytest.mark.services, pytest.mark.model]

EMERGENCY = "i got my b12 jab 20 min ago, now im wheezing and my lips are swelling"
QUESTION = "is a 1mg b12 injection safe in pregnancy"
CHANNEL = {name: name for name in CONNECTORS} | {"twilio": "sms"}


@functools.cache
def token_for(care_database):
    clinic = dataclasses.replace(load_settings(), care_database=care_database)
    return api_tokens.add(clinic, "tests", ["read"])


async def alert_of(settings, channel, text):
    address = f"http://{settings.host}:{settings.care_port}/api/alerts"
    headers = {"Authorization": f"Bearer {token_for(settings.care_database)}"}
    async with httpx.AsyncClient(headers=headers, timeout=20) as client:
        for _ in range(60):
            for alert in (await client.get(address)).json():
                if text in alert["text"] and alert["channel"] == channel:
                    return alert
            await asyncio.sleep(0.25)
    raise AssertionError(f"no alert of {channel}")


async def push(settings, channel, conversation, text, key):
    from bot.care.tokens import action_secret

    message = {
        "channel": channel,
        "conversation_id": conversation,
        "text": text,
        "author": "nurse",
        "author_name": "Anna",
        "key": key,
        "buttons": [],
    }
    headers = {"X-Action-Secret": action_secret(settings)}
    async with httpx.AsyncClient(timeout=20) as client:
        address = f"http://{settings.host}:{settings.patient_port}/internal/push"
        return await client.post(address, json=message, headers=headers)


async def test_questions_emergencies_and_nurses_on_every_channel(tmp_path):
    settings = replace(
        load_settings(environment={}),
        folder=tmp_path,
        care_database=f"sqlite:///{tmp_path / 'care.db'}",
        conversation_database=tmp_path / "conversations.db",
        channel_database=f"sqlite:///{tmp_path / 'channels.db'}",
        patient_port=free_port(),
        care_port=free_port(),
    )
    stand_ins = {name: parts[0]() for name, parts in CONNECTORS.items()}
    environment = {}
    for name, (_, given, api, _, _) in CONNECTORS.items():
        await stand_ins[name].start()
        environment |= {**given, api: stand_ins[name].address}
    services = services_for(settings, str(await asyncio.to_thread(ensure_model)))
    for service in services:
        service.environment.update(environment)
        service.start()
    try:
        await asyncio.to_thread(wait_until_up, services, START_SECONDS, print)
        address = f"http://{settings.host}:{settings.patient_port}"
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            for name, (_, _, _, patient_class, her) in CONNECTORS.items():
                await she_writes(settings, stand_ins[name], patient_class(client, her), name)
    finally:
        await asyncio.to_thread(stop_all, services)
        for stand_in in stand_ins.values():
            await stand_in.stop()
    assert {name: one.refused for name, one in stand_ins.items() if one.refused} == {}
    log = (tmp_path / "log" / "rasa.log").read_text()
    for _, _, _, _, her in CONNECTORS.values():
        assert her.lstrip("+") not in log
    assert "wheezing" not in log
    assert os.environ.get("TWILIO_AUTH_TOKEN") is None


async def she_writes(settings, stand_in, patient, name):
    request = patient.request(QUESTION)
    began = time.monotonic()
    assert (await patient.post(*request)).status_code == 200
    print(f"{name}: the provider was answered after {time.monotonic() - began:.3f} s")
    [answer, *_] = await stand_in.texts(1, seconds=40)
    print(f"{name}: she was answered after {time.monotonic() - began:.3f} s")
    assert "safe in pregnancy" in answer
    await asyncio.sleep(1)
    before = len(stand_in.sent)

    await patient.writes(EMERGENCY)
    texts = (await stand_in.texts(before + 2, seconds=40))[before:]
    assert texts[0].startswith("EMERGENCY")
    alert = await alert_of(settings, CHANNEL[name], EMERGENCY)
    assert alert["level"] == "EMERGENCY_NOW"

    await asyncio.sleep(1)
    before = len(stand_in.sent)
    conversation = conversation_of(settings, CHANNEL[name])
    for _ in range(2):
        answer = await push(settings, CHANNEL[name], conversation, "I call you now.", f"{name}-1")
        assert answer.status_code == 200, answer.text
    assert (await patient.post(*request)).status_code == 200
    await asyncio.sleep(1)
    assert [one["text"] for one in stand_in.sent][before:] == ["Anna: I call you now."]


def conversation_of(settings, channel):
    from sqlalchemy import select

    from bot.care.database import transaction
    from bot.care.models import Patient

    with transaction(settings) as session:
        query = select(Patient.conversation_id).where(Patient.channel == channel)
        return session.execute(query).scalar_one()
