"""Conversation events that the conversation store did not take yet, kept on disk until it does.

Care reads the store to find emergencies without an alert, so an event must not die with a process
that ran while the database was away.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import threading
from pathlib import Path
from typing import Any, Dict, List, TextIO

logger = logging.getLogger(__name__)

Row = Dict[str, Any]


class UnsavedEvents:
    """A queue of rows in one file of ``folder``; rows of processes that died are taken over.

    The rows hold what the database would hold, encrypted in the same way.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: List[Row] = []
        self._turns = threading.RLock()
        self._file: TextIO
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"events-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        self._file = open(self._path, "a+", encoding="utf-8")  # noqa: SIM115 - open while it lives
        # The lock says that this process lives, and ends with it.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._adopt()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: List[Row]) -> None:
        """Keep the rows, on disk before this returns where the disk allows it."""
        with self._turns:
            self._rows.extend(rows)
            try:
                self._write(rows)
            except OSError as error:
                logger.error(
                    "%d conversation events are kept in memory only (%s)",
                    len(rows),
                    type(error).__name__,
                )

    def has(self, rows: List[Row]) -> bool:
        """Return whether these very rows, not only the same, are kept here."""
        known = {id(row) for row in self._rows}
        return any(id(row) in known for row in rows)

    def of(self, sender_id: str) -> List[Row]:
        """Return the rows of one conversation, oldest first."""
        return [row for row in self._rows if row["sender_id"] == sender_id]

    def all(self) -> List[Row]:
        """Return every row, oldest first."""
        return list(self._rows)

    def forget(self, count: int) -> None:
        """Drop the ``count`` oldest rows, which are in the store now."""
        with self._turns:
            del self._rows[:count]
            self._rewrite()

    def remove(self, rows: List[Row]) -> None:
        """Drop these very rows, if they are kept here: they are in the store after all."""
        with self._turns:
            if self.has(rows):
                gone = {id(row) for row in rows}
                self._rows = [row for row in self._rows if id(row) not in gone]
                self._rewrite()

    def _rewrite(self) -> None:
        self._file.truncate(0)
        self._write(self._rows)

    def _write(self, rows: List[Row]) -> None:
        self._file.seek(0, os.SEEK_END)
        self._file.writelines(json.dumps(row) + "\n" for row in rows)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _adopt(self) -> None:
        """Take over the files that no living process holds."""
        for path in sorted(self._folder.glob("events-*.jsonl")):
            if path == self._path:
                continue
            with open(path, "r+", encoding="utf-8") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                before = len(self._rows)
                self._read(file)
                self._write(self._rows[before:])
                path.unlink()

    def _read(self, file: TextIO) -> None:
        for line in file:
            try:
                self._rows.append(json.loads(line))
            except ValueError:
                # The power went in the middle of a line: what was cut cannot be mended.
                logger.error("a half-written conversation event was dropped from %s", file.name)


def rows_of(folder: Path, sender_id: str) -> List[Row]:
    """Return the rows of a conversation in all files of a folder, whoever holds them."""
    return [row for path in sorted(folder.glob("events-*.jsonl")) for row in _rows(path, sender_id)]


def erase_from(folder: Path, sender_id: str) -> int:
    """Remove the rows of a conversation from the files that no living process holds.

    Returns how many are left because a process still has to store them.
    """
    held = 0
    for path in sorted(folder.glob("events-*.jsonl")):
        hers = len(_rows(path, sender_id))
        if not hers:
            continue
        with open(path, "r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held += hers
                continue
            kept = [line for line in file if _sender(line) != sender_id]
            file.seek(0)
            file.truncate()
            file.writelines(kept)
            file.flush()
            os.fsync(file.fileno())
    return held


def _rows(path: Path, sender_id: str) -> List[Row]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if _sender(line) == sender_id]


def _sender(line: str) -> Any:
    try:
        return json.loads(line).get("sender_id")
    except ValueError:
        return None
