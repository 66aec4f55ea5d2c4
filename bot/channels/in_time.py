"""Calls of a database that may hang, from an event loop that may not."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from sqlalchemy.exc import SQLAlchemyError

logger = logging.getLogger(__name__)

#: Seconds a patient's answer may wait for one call.
CALL_SECONDS = 5.0
#: After a call that failed only after so many seconds (the file was locked), the database is left
#: alone for a while: one answer takes a dozen calls, and she would wait for each.
SLOW_FAILURE, PAUSE_SECONDS = 1.0, 10.0


class DatabaseHangs(SQLAlchemyError):
    """A database took a call and did not answer in time."""


class InTime:
    """Runs blocking calls in threads of its own and gives up on those that take too long.

    While a call that was given up has not come back, no other is begun: the threads would be used
    up by a database that takes connections and says nothing, and each patient would wait again.
    """

    def __init__(self, name: str, threads: int, seconds: float = CALL_SECONDS) -> None:
        self._name, self._seconds = name, seconds
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._given_up = 0
        self._paused_until = 0.0

    @property
    def hangs(self) -> bool:
        """Whether a call was given up and has not come back yet."""
        return self._given_up > 0

    async def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what ``function`` returns. Raises DatabaseHangs, or what it raises."""
        began = time.monotonic()
        if self._given_up or began < self._paused_until:
            raise DatabaseHangs(f"the {self._name} hangs")
        call = functools.partial(function, *arguments)
        work = asyncio.get_running_loop().run_in_executor(self._threads, call)
        done, _ = await asyncio.wait({work}, timeout=self._seconds)
        if done:
            try:
                return work.result()
            except SQLAlchemyError:
                if time.monotonic() - began > SLOW_FAILURE:
                    self._paused_until = time.monotonic() + PAUSE_SECONDS
                raise
        self._given_up += 1
        work.add_done_callback(self._came_back)
        logger.error("the %s did not answer within %s s", self._name, self._seconds)
        raise DatabaseHangs(f"the {self._name} hangs")

    def _came_back(self, work: asyncio.Future[Any]) -> None:
        self._given_up -= 1
        if not work.cancelled() and work.exception() is not None:
            logger.error("a late call of the %s failed", self._name)
