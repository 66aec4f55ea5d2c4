"""What a patient and the nurses wrote, read out of rows in the clear, for transcript and proof."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple

#: Rows of every table, by ``store.table``.
Rows = Mapping[str, List[Dict[str, Any]]]
#: Words shorter than this are everybody's.
_DISTINCTIVE = 12


class Said(NamedTuple):
    """One thing that was written: when (any sortable text), by whom, what."""

    at: str
    author: str
    text: str


def conversation(rows: Rows) -> List[Said]:
    """Return what she and the bot wrote to each other, oldest first."""
    lines = []
    for row in rows.get("conversations.events", []) + rows.get("unsaved.events", []):
        data = row["data"]
        if row["type_name"] in ("user", "bot") and data.get("text"):
            author = "patient" if row["type_name"] == "user" else "bot"
            lines.append(Said(str(row["timestamp"]), author, data["text"]))
    return lines


def about_her(rows: Rows) -> Iterator[Said]:
    """Give everything written by her or about her, wherever it is kept."""
    yield from (line for line in conversation(rows) if line.author == "patient")
    for row in rows.get("care.messages", []):
        yield Said(row["sent_at"], "patient", row["text"])
    for row in rows.get("care.notes", []):
        yield Said(row["at"], row["nurse"], row["text"])
    for row in rows.get("care.outgoing_messages", []):
        if row["text"] and row["author"] == "nurse":
            yield Said(row["created_at"], row["author_name"] or "nurse", row["text"])
    for row in rows.get("channels.chat_events", []):
        if row["author"] == "patient":
            yield Said(str(row["at"]), "patient", json.loads(row["body"]).get("text") or "")
    for row in rows.get("channels.messaging_inbox", []):
        if row["body"]:
            yield Said(str(row["at"]), "patient", json.loads(row["body"]).get("text") or "")


def distinctive(rows: Rows, limit: int = 40) -> List[str]:
    """Return beginnings of what was written, long enough to be nobody else's, longest first."""
    texts = {said.text.strip()[:60] for said in about_her(rows)}
    long = [text for text in texts if len(text) >= _DISTINCTIVE]
    return sorted(long, key=len, reverse=True)[:limit]
