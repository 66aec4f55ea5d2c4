"""``python -m benchmarks.compare.load``: patients who write, in a process of their own.

Reads one plan as JSON from standard input and writes what it measured as JSON to standard output.
It shares the machine with the services, so its own time is part of every figure; it is the same for
both systems, apart from the session that ours asks for at the beginning of a conversation.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from typing import Any, Dict, List, Tuple

import aiohttp

#: Seconds after which an answer counts as missing.
PATIENCE = 60.0


class OurPatient:
    """Writes as our page does: a session, then messages under her token."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http, self._address = http, address
        self._headers: Dict[str, str] = {}

    async def begin(self) -> None:
        async with self._http.post(f"{self._address}/chat/session") as answer:
            answer.raise_for_status()
            self._headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}

    async def write(self, text: str) -> List[str]:
        body = {"id": uuid.uuid4().hex, "text": text}
        url = f"{self._address}/chat/messages"
        async with self._http.post(url, json=body, headers=self._headers) as answer:
            answer.raise_for_status()
            return [line.get("text", "") for line in (await answer.json())["answers"]]

    async def first_line(self, text: str) -> float:
        """Return the seconds until the first line of the answer is on her page."""
        url, shown = f"{self._address}/chat/events", asyncio.get_running_loop().create_future()

        async def watch() -> None:
            async with self._http.get(url, headers=self._headers) as stream:
                opened.set()
                async for line in stream.content:
                    if line.startswith(b"data:") and json.loads(line[5:])["author"] == "bot":
                        shown.set_result(time.perf_counter())
                        return

        opened = asyncio.Event()
        watching = asyncio.ensure_future(watch())
        await opened.wait()
        began = time.perf_counter()
        writing = asyncio.ensure_future(self.write(text))
        seconds = await asyncio.wait_for(shown, PATIENCE) - began
        await asyncio.gather(writing, watching)
        return seconds


class StockPatient:
    """Writes on Rasa's plain rest channel, which answers in the response."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http, self._url = http, f"{address}/webhooks/rest/webhook"
        self._sender = ""

    async def begin(self) -> None:
        self._sender = uuid.uuid4().hex

    async def write(self, text: str) -> List[str]:
        body = {"sender": self._sender, "message": text}
        async with self._http.post(self._url, json=body) as answer:
            answer.raise_for_status()
            return [line.get("text", "") for line in await answer.json()]

    async def first_line(self, text: str) -> float:
        """Return the seconds until the answer is there; this channel shows nothing earlier."""
        began = time.perf_counter()
        await self.write(text)
        return time.perf_counter() - began


PATIENTS = {"ours": OurPatient, "stock": StockPatient}


async def hold(patient: Any, texts: List[str]) -> Tuple[float, List[float], int]:
    """Hold one conversation: its seconds, those of each message, and how many had no answer."""
    began, times, silent = time.perf_counter(), [], 0
    await patient.begin()
    for text in texts:
        sent = time.perf_counter()
        silent += not await patient.write(text)
        times.append(time.perf_counter() - sent)
    return time.perf_counter() - began, times, silent


async def run(plan: Dict[str, Any]) -> Dict[str, Any]:
    """Return what the patients of a plan measured.

    ``conversations`` are lists of texts, held ``at_once``; with ``first_line`` each conversation is
    one text, and only the time until the first line of its answer is measured.
    """
    left = list(enumerate(plan["conversations"]))[::-1]
    held: List[Tuple[int, float, List[float], int]] = []
    make = PATIENTS[plan["system"]]
    limits = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=limits, timeout=timeout) as http:

        async def patients() -> None:
            while left:
                number, texts = left.pop()
                patient = make(http, plan["address"])
                if plan.get("first_line"):
                    await patient.begin()
                    seconds = await patient.first_line(texts[0])
                    held.append((number, seconds, [seconds], 0))
                else:
                    held.append((number, *await hold(patient, texts)))

        began = time.perf_counter()
        await asyncio.gather(*(patients() for _ in range(plan["at_once"])))
        seconds = time.perf_counter() - began
    held.sort()
    return {
        "seconds": seconds,
        "conversations": [
            {"seconds": round(took, 5), "messages": [round(each, 5) for each in times]}
            for _, took, times, _ in held
        ],
        "unanswered": sum(silent for *_, silent in held),
    }


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
