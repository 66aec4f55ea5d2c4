"""``python -m bot chat``: a conversation in the terminal with the running engine.

It talks to a running ``serve``, or starts one for itself on free ports, so that what one sees
here is exactly what a patient gets.
"""

from __future__ import annotations

import contextlib
import sys
import uuid
from dataclasses import replace
from typing import Any, Dict, Iterator, List

import httpx

from bot.service.processes import free_port, stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model
from bot.settings import Settings


def chat(settings: Settings) -> int:
    """Read lines from the terminal and print the answers until end of input."""
    with _engine(settings) as address, httpx.Client(base_url=address, timeout=60) as client:
        session = client.post("/chat/session").raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {session['token']}"
        print("Write a message; Ctrl-D ends.", flush=True)
        for line in _lines():
            body = {"id": uuid.uuid4().hex, "text": line}
            answer = client.post("/chat/messages", json=body).raise_for_status().json()
            _print_messages(answer["answers"])
    return 0


@contextlib.contextmanager
def _engine(settings: Settings) -> Iterator[str]:
    running = f"http://{settings.host}:{settings.patient_port}"
    with contextlib.suppress(httpx.HTTPError):
        if httpx.get(f"{running}/chat/", timeout=2).is_success:
            yield running
            return
    model = ensure_model()
    settings = replace(settings, patient_port=free_port(), care_port=free_port())
    services = services_for(settings, str(model))
    try:
        for service in services:
            service.start()
        print("Starting (about 20 seconds) …", file=sys.stderr, flush=True)
        wait_until_up(services, START_SECONDS, lambda line: print(line, file=sys.stderr))
        yield f"http://{settings.host}:{settings.patient_port}"
    finally:
        stop_all(services)


def _lines() -> Iterator[str]:
    while True:
        try:
            line = input("you  > " if sys.stdin.isatty() else "")
        except EOFError:
            return
        if line.strip():
            yield line


def _print_messages(messages: List[Dict[str, Any]]) -> None:
    for message in messages:
        print(f"bot  > {message.get('text', '')}")
        for button in message.get("buttons") or []:
            print(f"       [{button['title']}]")
    sys.stdout.flush()
