"""``python -m bot transcripts``: plays the paths of docs/user_paths.yml on the running system.

The engine is started with a database of its own, is talked to over HTTP as the patient page does,
and what came back is written to docs/conversations.md.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import httpx

from bot.service.processes import free_port, stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model
from bot.settings import PROJECT, Settings
from bot.yaml_files import read_yaml

PATHS = PROJECT / "docs" / "user_paths.yml"
OUTPUT = PROJECT / "docs" / "conversations.md"
_HEAD = """# Conversations

Written by `python -m bot transcripts`: each path of `user_paths.yml` is played on the running
system, over HTTP as the patient page does, with the settings of a clinic that has entered nothing.
Buttons are in brackets. Do not edit; run the command again.
"""
#: A patient types slower than this program; the limits on messages are made for patients.
_BUSY = 429
_WAIT_SECONDS = 5.0


def write_transcripts(settings: Settings, paths: Path = PATHS, output: Path = OUTPUT) -> int:
    """Play every path and write what was said. Returns the exit code, 1 when a path got no answer.

    Raises RuntimeError when the services do not start.
    """
    entries = read_yaml(paths)
    model = ensure_model()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(
            settings,
            folder=Path(folder),
            care_database=f"sqlite:///{folder}/care.db",
            conversation_database=Path(folder) / "conversations.db",
            channel_database="",
            patient_port=free_port(),
            care_port=free_port(),
        )
        services = services_for(settings, str(model))
        try:
            for service in services:
                service.start()
            wait_until_up(services, START_SECONDS, lambda line: print(line, file=sys.stderr))
            address = f"http://{settings.host}:{settings.patient_port}"
            secret = services[0].environment["ACTION_ENDPOINT_SECRET"]
            played = [_play(entry, address, secret) for entry in entries]
        finally:
            stop_all(services)
    output.write_text(_HEAD + "".join(played), encoding="utf-8")
    print(f"{len(played)} conversations written to {output.relative_to(PROJECT)}.")
    return 1 if any("no answer" in text for text in played) else 0


def _play(entry: Dict[str, Any], address: str, secret: str) -> str:
    print(entry["path"], file=sys.stderr, flush=True)
    lines = [f"\n## {entry['path']}\n"]
    with httpx.Client(base_url=address, timeout=60) as client:
        session = _post(client, "/chat/session", {})
        client.headers["Authorization"] = f"Bearer {session['token']}"
        nurse = ""
        for said in entry["she"]:
            if isinstance(said, dict):
                nurse = said["nurse"]
                _take_over(client, session, nurse, secret)
                lines.append(f"\n*{nurse or 'The nurse'} {'takes over' if nurse else 'leaves'}.*\n")
                continue
            answer = _post(client, "/chat/messages", {"id": uuid.uuid4().hex, "text": said})
            lines.append(f"\n**She:** {said}\n")
            lines += [_message(message) for message in answer["answers"]]
            if not answer["answers"]:
                lines.append("\n*The nurse reads it.*\n" if nurse else "\n*no answer*\n")
    return "".join(lines)


def _message(message: Dict[str, Any]) -> str:
    text = message.get("text", "").strip().replace("\n\n", "\n").replace("\n", "  \n> ")
    buttons = " ".join(f"[{button['title']}]" for button in message.get("buttons") or [])
    return f"\n> {text}\n" + (f">\n> {buttons}\n" if buttons else "")


def _post(client: httpx.Client, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
    while True:
        answer = client.post(path, json=body)
        if answer.status_code != _BUSY:
            return answer.raise_for_status().json()
        time.sleep(_WAIT_SECONDS)


def _take_over(client: httpx.Client, session: Dict[str, Any], nurse: str, secret: str) -> None:
    body = {"channel": "web", "conversation_id": session["conversation"], "nurse": nurse or None}
    headers = {"X-Action-Secret": secret}
    client.post("/internal/take-over", json=body, headers=headers).raise_for_status()
