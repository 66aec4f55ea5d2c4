"""The clients in docs/channels.md do what it says."""

import asyncio
import os
import re
import subprocess
import time
from pathlib import Path

import providers
import pytest

pytestmark = pytest.mark.services

DOCS = (Path(__file__).resolve().parents[4] / "docs" / "channels.md").read_text(encoding="utf-8")


def example(language):
    [code] = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    return code


@pytest.fixture
async def webhook(make_system):
    async with make_system("webhook").running() as system:
        yield system


async def test_the_python_client_sends_and_recognises_our_answers(webhook, monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET", providers.WEBHOOK["WEBHOOK_SECRET"])
    client = {}
    exec(example("python"), client)
    address = str(webhook.client.base_url).rstrip("/")
    status = await asyncio.to_thread(client["send"], address, "patient-1", "is b12 safe")
    assert status == 200
    assert await webhook.provider.texts(1) == ["I read: is b12 safe"]

    body, now = b'{"text": "hello"}', str(int(time.time()))
    headers = {"X-Timestamp": now, "X-Signature": webhook.channel._signature(now, body)}
    assert client["is_from_us"](headers, body)
    assert not client["is_from_us"](headers, body + b" ")
    assert not client["is_from_us"]({**headers, "X-Timestamp": "5"}, body)


async def test_the_curl_client_sends(webhook):
    environment = {
        **os.environ,
        "WEBHOOK_SECRET": providers.WEBHOOK["WEBHOOK_SECRET"],
        "ADDRESS": str(webhook.client.base_url).rstrip("/"),
    }
    done = await asyncio.to_thread(
        subprocess.run,
        ["sh", "-euc", example("sh")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "ok"), done.stderr
    assert await webhook.provider.texts(1) == ["I read: is b12 safe for my baby"]
    assert webhook.provider.sent[0]["to"] == "patient-4711"
