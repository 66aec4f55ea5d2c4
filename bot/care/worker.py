"""A thread of the care process that does its work again and again, and never dies of an error."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from typing import Callable

from bot.care import database

logger = logging.getLogger(__name__)


class Worker(ABC):
    """Runs ``work`` at start, at every interval, and at once after a commit of this process."""

    #: For the log and the health page.
    name: str

    def __init__(self, *, interval: float, wakes_on_commit: bool = False) -> None:
        self._interval = interval
        self._wakes_on_commit = wakes_on_commit
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._unsubscribe: Callable[[], None] = lambda: None
        self._last_success = time.monotonic()

    @abstractmethod
    def work(self) -> bool:
        """Do what is due; return True to be called again at once."""

    def start(self) -> None:
        """Begin in the background."""
        if self._wakes_on_commit:
            self._unsubscribe = database.on_commit(self._wake.set)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and begin nothing more."""
        self._unsubscribe()
        self._stopped.set()
        self._wake.set()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Return whether the background thread runs."""
        return self._thread.is_alive()

    def seconds_since_success(self) -> float:
        """Return how long ago ``work`` last came to its end, in seconds."""
        return time.monotonic() - self._last_success

    def _run(self) -> None:
        while not self._stopped.is_set():
            again = False
            self._wake.clear()
            try:
                again = self.work()
                self._last_success = time.monotonic()
            except Exception as error:
                # The text of an exception may hold what a patient wrote, or an address.
                logger.error("%s: failed (%s), will try again", self.name, type(error).__name__)
            if not again:
                self._wake.wait(self._interval)
