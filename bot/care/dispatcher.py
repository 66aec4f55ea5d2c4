"""Delivers what is in the outbox, in threads of the care process. Several may share a database."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from typing import Callable, List, Tuple

from sqlalchemy.exc import SQLAlchemyError

from bot.care import database, notify, outbox
from bot.care.clock import now
from bot.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds a send may take altogether. Below the lease, so that a claim ends before it is retaken.
SEND_SECONDS = 30.0
POLL_SECONDS = 1.0
#: Sends at the same time in one process.
MOST_UNDER_WAY = 16


class Dispatcher:
    """Claims due deliveries and sends them until it is stopped."""

    def __init__(self, settings: Settings, *, send_seconds: float = SEND_SECONDS) -> None:
        self._settings = settings
        self._send_seconds = send_seconds
        self._owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._work = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._under_way: List[Tuple[outbox.Claim, threading.Thread, float]] = []
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Start in the background; commits of this process wake it at once."""
        self._unsubscribe = database.on_commit(self._work.set)
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more. What is under way and not finished is sent again after its lease."""
        self._unsubscribe()
        self._stopped.set()
        self._work.set()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Return whether the background thread runs."""
        return self._thread.is_alive()

    def run_once(self) -> int:
        """Claim and send what is due now, and wait for it. Returns how many were tried.

        Raises SQLAlchemyError when the database fails; claims then end with their lease.
        """
        started = self._start_due()
        while self._under_way:
            self._reap()
            self._work.wait(0.02)
        return started

    def _start_due(self) -> int:
        free = MOST_UNDER_WAY - len(self._under_way)
        if free <= 0:
            return 0
        with database.transaction(self._settings) as session:
            claims = outbox.claim_due(session, owner=self._owner, at=now(), limit=free)
        for claim in claims:
            # One thread each, so that a service which hangs holds up nobody else's notification;
            # daemons, so that it cannot hold up the end of the process either.
            thread = threading.Thread(target=self._send, args=(claim,), daemon=True)
            self._under_way.append((claim, thread, time.monotonic() + self._send_seconds))
            thread.start()
        return len(claims)

    def _reap(self) -> None:
        still = []
        for claim, thread, deadline in self._under_way:
            if not thread.is_alive():
                continue
            if time.monotonic() < deadline:
                still.append((claim, thread, deadline))
            else:
                self._failed(claim, "The service did not answer in time.", permanent=False)
        self._under_way = still

    def _send(self, claim: outbox.Claim) -> None:
        try:
            self._attempt(claim)
        except SQLAlchemyError as error:
            logger.error("dispatcher: the database failed (%s)", type(error).__name__)
        self._work.set()

    def _attempt(self, claim: outbox.Claim) -> None:
        notification = notify.Notification(
            level=claim.level,
            link=f"{notify.desk_address(self._settings)}/alerts/{claim.alert_id}",
            reference=claim.reference,
        )
        try:
            notify.send(self._settings, claim.recipient, notification)
        except notify.PermanentFailure as failure:
            self._failed(claim, str(failure), permanent=True)
        except notify.TemporaryFailure as failure:
            self._failed(claim, str(failure), permanent=False)
        except Exception as error:
            # A plug-in of a notification service may raise anything; its text may hold addresses.
            self._failed(claim, f"The notifier failed ({type(error).__name__}).", permanent=False)
        else:
            with database.transaction(self._settings) as session:
                outbox.mark_sent(session, claim, at=now())

    def _failed(self, claim: outbox.Claim, reason: str, *, permanent: bool) -> None:
        logger.warning(
            "notification %s to %s, attempt %d: %s",
            claim.alert_id,
            claim.recipient,
            claim.attempt,
            reason,
        )
        with database.transaction(self._settings) as session:
            outbox.mark_failed(session, claim, at=now(), reason=reason, permanent=permanent)

    def _run(self) -> None:
        while not self._stopped.is_set():
            started = 0
            try:
                self._reap()
                started = self._start_due()
            except SQLAlchemyError as error:
                logger.error("dispatcher: the database failed (%s)", type(error).__name__)
            if not started:
                self._work.wait(POLL_SECONDS)
            self._work.clear()
