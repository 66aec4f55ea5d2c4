"""Empties an outbox in threads of the care process. Several processes may share a database."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from abc import abstractmethod
from collections import Counter
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.care import audit, database, notify, outbox
from bot.care.alerts import get_alert
from bot.care.clock import now
from bot.care.escalation import load_escalation
from bot.care.ladder import Address
from bot.care.ladders import LOG_RECIPIENT, address_in_copy, addresses
from bot.care.models import Delivery
from bot.care.notification import Notification, PermanentFailure, TemporaryFailure
from bot.care.worker import Worker
from bot.observability import correlation, metrics
from bot.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds a send may take altogether. Below the lease, so that a claim ends before it is retaken.
SEND_SECONDS = 30.0
POLL_SECONDS = 1.0
#: Sends at the same time in one process, and of these to one service: a mail server that hangs
#: leaves room for the pager.
MOST_UNDER_WAY = 64
MOST_TO_ONE_SERVICE = 16


class OutboxWorker(Worker):
    """Claims what is due in one table and sends each row in a thread of its own.

    One thread each, so that a service which hangs holds up nobody else's message; daemons, so that
    it cannot hold up the end of the process either.
    """

    #: What the outbox is called in the figures (bot.care.figures).
    outbox_name: str
    #: The table of the outbox.
    table: Type[Any]

    def __init__(self, settings: Settings, *, send_seconds: float = SEND_SECONDS) -> None:
        super().__init__(interval=POLL_SECONDS, wakes_on_commit=True)
        self._settings = settings
        self._send_seconds = send_seconds
        self._owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._under_way: List[Tuple[Any, threading.Thread, float]] = []

    @abstractmethod
    def claim(self, session: Session, limit: int) -> List[Any]:
        """Claim up to ``limit`` rows and return what is needed to send them."""

    @abstractmethod
    def attempt(self, claim: Any) -> None:
        """Send one, or raise PermanentFailure or TemporaryFailure. No transaction is open."""

    @abstractmethod
    def succeeded(self, session: Session, claim: Any) -> None:
        """Record that it was accepted."""

    @abstractmethod
    def failed(self, session: Session, claim: Any, reason: str, *, permanent: bool) -> None:
        """Put it back, or give it up."""

    def work(self) -> bool:
        """Give up on what takes too long and start what is due."""
        self._reap()
        return self._start_due() > 0

    def run_once(self) -> int:
        """Claim and send what is due now, and wait for it. Returns how many were tried.

        Raises SQLAlchemyError when the database fails; claims then end with their lease.
        """
        started = self._start_due()
        while self._under_way:
            self._reap()
            self._wake.wait(0.02)
        return started

    def _start_due(self) -> int:
        free = MOST_UNDER_WAY - len(self._under_way)
        if free <= 0 or not self._is_anything_due():
            return 0
        with database.transaction(self._settings) as session:
            claims = self.claim(session, free)
        for claim in claims:
            thread = threading.Thread(target=self._send, args=(claim,), daemon=True)
            self._under_way.append((claim, thread, time.monotonic() + self._send_seconds))
            thread.start()
        return len(claims)

    def _is_anything_due(self) -> bool:
        # Asked without the write lock, which on SQLite the patients' messages need more.
        with database.reading(self._settings) as session:
            query = select(self.table.id).where(outbox.is_due(self.table, now())).limit(1)
            return session.execute(query).first() is not None

    def _reap(self) -> None:
        still = []
        for claim, thread, deadline in self._under_way:
            if not thread.is_alive():
                continue
            if time.monotonic() < deadline:
                still.append((claim, thread, deadline))
            else:
                self._fail(claim, "The service did not answer in time.", permanent=False)
        self._under_way = still

    def _send(self, claim: Any) -> None:
        try:
            self._attempt(claim)
        except SQLAlchemyError as error:
            logger.error("%s: the database failed (%s)", self.name, type(error).__name__)
        self._wake.set()

    def _attempt(self, claim: Any) -> None:
        began, outcome = time.monotonic(), "failed"
        try:
            self.attempt(claim)
            outcome = "sent"
        except PermanentFailure as failure:
            self._fail(claim, str(failure), permanent=True)
        except TemporaryFailure as failure:
            self._fail(claim, str(failure), permanent=False)
        except SQLAlchemyError:
            raise
        except Exception as error:
            # A plug-in of a notification service may raise anything; its text may hold addresses.
            self._fail(claim, f"The notifier failed ({type(error).__name__}).", permanent=False)
        else:
            logger.info("%s: sent at attempt %d", self.name, claim.attempt)
            with database.transaction(self._settings) as session:
                self.succeeded(session, claim)
        finally:
            seconds = time.monotonic() - began
            metrics.SENDS.labels(self.outbox_name, outcome).observe(seconds)

    def _fail(self, claim: Any, reason: str, *, permanent: bool) -> None:
        logger.warning("%s: attempt %d failed: %s", self.name, claim.attempt, reason)
        with database.transaction(self._settings) as session:
            self.failed(session, claim, reason, permanent=permanent)


def _recipients_of_services(people: Mapping[str, Mapping[str, Address]]) -> List[List[str]]:
    """Return the names of recipients, those together whose messages go to the same host."""
    services: Dict[Tuple[str, str], List[str]] = {}
    for name, address in addresses(people).items():
        parts = urlsplit(address.url)
        services.setdefault((parts.scheme, parts.netloc.rpartition("@")[2]), []).append(name)
    return list(services.values())


class Dispatcher(OutboxWorker):
    """Sends notifications to staff."""

    name = "dispatcher"
    outbox_name = "staff"
    table = Delivery

    def claim(self, session: Session, limit: int) -> List[outbox.Claim]:
        """Claim due notifications, of each service emergencies first, as far as it has room."""
        services = _recipients_of_services(load_escalation(self._settings.escalation).people)
        busy = Counter(claim.recipient for claim, _, _ in self._under_way)
        known = [name for names in services for name in names]
        claims: List[outbox.Claim] = []
        for names in services:
            room = MOST_TO_ONE_SERVICE - sum(busy[name] for name in names)
            room = min(room, limit - len(claims))
            claims += self._claim_of(session, room, Delivery.recipient.in_(names))
        room = limit - len(claims)
        claims += self._claim_of(session, room, Delivery.recipient.notin_(known))
        return claims

    def _claim_of(self, session: Session, limit: int, whose: Any) -> List[outbox.Claim]:
        if limit <= 0:
            return []
        return outbox.claim_due(session, owner=self._owner, at=now(), limit=limit, where=[whose])

    def attempt(self, claim: outbox.Claim) -> None:
        """Send one notification to its recipient's address of now, or of the ladder's start."""
        escalation = load_escalation(self._settings.escalation)
        with database.reading(self._settings) as session:
            alert = get_alert(session, claim.alert_id)
            correlation.begin(audit.correlation_of(session, claim.alert_id))
            # An address that was corrected helps; one that was removed does not strand an alert.
            address: Optional[Address] = addresses(escalation.people).get(claim.recipient)
            if address is None and claim.recipient != LOG_RECIPIENT:
                address = address_in_copy(alert, claim.recipient)
            notification = Notification.about(
                alert,
                kind=claim.kind,
                level=claim.level,
                reference=claim.reference,
                link=f"{notify.desk_address(self._settings)}/alerts/{claim.alert_id}",
                with_text=escalation.patient_text,
            )
        notify.send(claim.recipient, address, notification)

    def succeeded(self, session: Session, claim: outbox.Claim) -> None:
        """Record that the recipient's service accepted it."""
        outbox.mark_sent(session, claim, at=now())

    def failed(
        self, session: Session, claim: outbox.Claim, reason: str, *, permanent: bool
    ) -> None:
        """Put it back with a later time, or list it for the desk."""
        outbox.mark_failed(session, claim, at=now(), reason=reason, permanent=permanent)
