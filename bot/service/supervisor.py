"""Keeps the services of one machine running: starts again what died, kills what hangs."""

from __future__ import annotations

import threading
import time
from typing import Callable, List, Optional

from bot.service.processes import Service

#: This many deaths within WINDOW_SECONDS are bad luck: the service starts again at once. After
#: more it waits longer each time, but never for good: patients write to it.
QUICK_RESTARTS = 4
WINDOW_SECONDS = 600.0
LONGEST_PAUSE = 60.0
#: Seconds between two looks at whether it died, and at whether it answers.
LOOK_SECONDS, ASK_SECONDS = 0.5, 5.0
#: A service that answered before and has not for so long hangs; one that starts has longer.
HUNG_SECONDS, START_SECONDS = 30.0, 300.0


class Supervisor:
    """Watches services that were started; ``tell`` gets a line for each thing it does."""

    def __init__(
        self,
        services: List[Service],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._clock = tell, clock
        self._watched: List[_Watched] = [_Watched(service, clock()) for service in services]

    def run(self, stop: Optional[threading.Event] = None) -> None:
        """Look again and again until ``stop`` is set."""
        stop = stop or threading.Event()
        while not stop.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Look once at every service and do what is due."""
        for watched in self._watched:
            service, now = watched.service, self._clock()
            if service.has_died():
                pause = watched.pause(now)
                if pause is None:
                    self._tell(f"{service.name} stopped unexpectedly; starting it again")
                    service.start()
                elif pause:
                    self._tell(
                        f"{service.name} keeps stopping; {service.log} says why. "
                        f"Starting it again in {pause:.0f} s"
                    )
            elif watched.hangs(now):
                self._tell(f"{service.name} does not answer any more; killing it")
                service.kill()


class _Watched:
    """What the supervisor remembers of one service."""

    def __init__(self, service: Service, now: float) -> None:
        self.service = service
        self._deaths: List[float] = []
        self._start_at: Optional[float] = None
        self._asked = self._answered = now
        self._patience = START_SECONDS

    def pause(self, now: float) -> Optional[float]:
        """Return None when it is to start now; else the seconds to wait, 0 when told before."""
        told = self._start_at is not None
        if self._start_at is None:
            recent = [at for at in self._deaths if now - at < WINDOW_SECONDS]
            self._deaths = [*recent, now]
            more = len(self._deaths) - QUICK_RESTARTS
            self._start_at = now + (min(LONGEST_PAUSE, 2.0**more) if more > 0 else 0.0)
        if now < self._start_at:
            return 0.0 if told else self._start_at - now
        self._start_at, self._asked, self._answered = None, now, now
        self._patience = START_SECONDS
        return None

    def hangs(self, now: float) -> bool:
        """Ask whether it answers, now and then; return whether it has not for too long."""
        if now - self._asked < ASK_SECONDS:
            return False
        self._asked = now
        if self.service.answers():
            self._answered, self._patience = now, HUNG_SECONDS
            return False
        if self._patience == START_SECONDS and self.service.listens():
            # It has started, and hangs at the very first thing it was asked.
            self._answered, self._patience = now, HUNG_SECONDS
        return now - self._answered > self._patience
