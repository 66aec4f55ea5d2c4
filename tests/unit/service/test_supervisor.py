"""What the supervisor does with services that die or hang; one real process, the others noted."""

import os
import signal
import sys
import threading
import time

import pytest

from bot.service import supervisor
from bot.service.processes import Service, free_port, stop_all, wait_until_up
from bot.service.supervisor import (
    ASK_SECONDS,
    HUNG_SECONDS,
    LONGEST_PAUSE,
    QUICK_RESTARTS,
    START_SECONDS,
    Supervisor,
)

SERVER = (
    "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), "
    "http.server.SimpleHTTPRequestHandler).serve_forever()"
)


class Noted:
    """A service that dies and hangs when the test says so."""

    name, log = "thing", "thing.log"

    def __init__(self):
        self.died, self.up, self.listening, self.started, self.killed = False, True, True, 0, 0

    def has_died(self):
        return self.died

    def answers(self):
        return self.up

    def listens(self):
        return self.listening

    def start(self):
        self.started += 1
        self.died = False

    def kill(self):
        self.killed += 1
        self.died = True


@pytest.fixture
def thing():
    return Noted()


@pytest.fixture
def watch(thing):
    """Lets time pass while a supervisor looks twice a second."""
    at = [0.0]
    told = []
    watching = Supervisor([thing], told.append, clock=lambda: at[0])

    def wait(seconds):
        end = at[0] + seconds
        while at[0] < end:
            at[0] += 0.5
            watching.look()
        return told

    return wait


def test_a_few_deaths_are_answered_at_once(thing, watch):
    for number in range(QUICK_RESTARTS):
        thing.died = True
        watch(0.5)
        assert thing.started == number + 1


def test_who_keeps_dying_waits_longer_and_is_told_once_but_is_never_given_up(thing, watch):
    for _ in range(QUICK_RESTARTS + 10):
        before = thing.started
        thing.died = True
        told = watch(LONGEST_PAUSE + 1)
        assert thing.started == before + 1
    waits = [line for line in told if "keeps stopping" in line]
    assert len(waits) == 10
    assert waits[-1].endswith(f"Starting it again in {LONGEST_PAUSE:.0f} s")


def test_who_answered_and_then_hangs_is_killed_and_started_again(thing, watch):
    watch(60)
    assert thing.killed == 0
    thing.up = False
    watch(HUNG_SECONDS + 3 * ASK_SECONDS)
    assert (thing.killed, thing.started) == (1, 1)


def test_who_is_still_starting_has_time(thing, watch):
    thing.up, thing.listening, thing.died = False, False, True
    watch(START_SECONDS)
    assert (thing.killed, thing.started) == (0, 1)
    watch(3 * ASK_SECONDS)
    assert (thing.killed, thing.started) == (1, 2)


def test_who_hangs_at_the_first_thing_it_is_asked_is_not_taken_for_starting(thing, watch):
    thing.up, thing.died = False, True
    watch(HUNG_SECONDS + 3 * ASK_SECONDS)
    assert (thing.killed, thing.started) == (1, 2)


@pytest.mark.services
def test_a_real_process_that_stands_still_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "ASK_SECONDS", 0.1)
    monkeypatch.setattr(supervisor, "HUNG_SECONDS", 0.1)
    port = free_port()
    service = Service(
        "thing",
        [sys.executable, "-c", SERVER, str(port)],
        f"http://127.0.0.1:{port}/",
        tmp_path / "thing.log",
    )
    service.start()
    stop = threading.Event()
    watching = Supervisor([service], lambda line: None)
    thread = threading.Thread(target=watching.run, args=(stop,), daemon=True)
    try:
        wait_until_up([service], 20, lambda line: None)
        thread.start()
        time.sleep(0.3)
        first = service.process.pid
        os.kill(first, signal.SIGSTOP)
        deadline = time.monotonic() + 20
        while not (service.process.pid != first and service.answers()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
        stop_all([service])
