"""Two processes of the chat on one database: each message is answered once, and in order."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import httpx
import patients
import providers
import pytest

from bot.service.processes import free_port

pytestmark = pytest.mark.services

STUB = Path(__file__).with_name("stub_messaging.py")


@contextlib.asynccontextmanager
async def process(folder, callback):
    port = free_port()
    with open(folder / f"{port}.log", "wb") as log:
        started = subprocess.Popen(
            [sys.executable, str(STUB), str(port), str(folder), callback], stdout=log, stderr=log
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            for _ in range(600):
                with contextlib.suppress(httpx.TransportError):
                    await client.get("/")
                    break
                assert started.poll() is None, (folder / f"{port}.log").read_text()
                await asyncio.sleep(0.1)
            yield client, started
    finally:
        started.kill()
        started.wait()


@pytest.fixture
async def app():
    stand_in = providers.App()
    await stand_in.start()
    yield stand_in
    await stand_in.stop()
    assert stand_in.refused == []


async def test_each_message_is_answered_once_in_order_also_when_one_process_dies(app, tmp_path):
    async with (
        process(tmp_path, app.address) as (first, one),
        process(tmp_path, app.address) as (second, _),
    ):
        wanted = [f"message {number}" for number in range(10)]
        for text in wanted:
            path, body, headers = patients.AppPatient(first, "patient-1").request(text)
            answers = await asyncio.gather(
                first.post(path, content=body, headers=headers),
                second.post(path, content=body, headers=headers),
            )
            assert {answer.status_code for answer in answers} == {200}
        texts = await app.texts(len(wanted), seconds=60)
        assert texts == [f"I read: {text}" for text in wanted]

        one.kill()
        await patients.AppPatient(second, "patient-2").writes("anybody there?")
        assert (await app.texts(11, seconds=60))[-1] == "I read: anybody there?"
        await asyncio.sleep(1)
    assert len(app.sent) == 11
    seen = (tmp_path / "seen.txt").read_text().splitlines()
    assert seen == [*wanted, "anybody there?"]
