"""The supervisor's view of a process, with real processes and real ports."""

import socket
import sys
import time

import pytest

from bot.service.processes import Service, port_is_free, stop_all, wait_until_up

SERVER = (
    "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), "
    "http.server.SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def service(tmp_path, port, code=SERVER):
    command = [sys.executable, "-c", code, str(port)]
    return Service("thing", command, f"http://127.0.0.1:{port}/", tmp_path / "thing.log")


def test_a_busy_port_is_not_free():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not port_is_free("127.0.0.1", listener.getsockname()[1])


def test_a_service_is_waited_for_and_stopped(tmp_path, port):
    thing, told = service(tmp_path, port), []
    thing.start()
    try:
        wait_until_up([thing], 20, told.append)
        assert told and "thing answers" in told[0]
    finally:
        stop_all([thing])
    assert thing.has_died()
    assert port_is_free("127.0.0.1", port)


def test_a_service_that_ignores_the_request_to_stop_is_killed(tmp_path, port, monkeypatch):
    monkeypatch.setattr("bot.service.processes.STOP_SECONDS", 0.5)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    thing = service(tmp_path, port, code)
    thing.start()
    time.sleep(0.3)
    stop_all([thing])
    assert thing.has_died()


def test_a_service_that_dies_while_starting_names_its_log(tmp_path, port):
    thing = service(tmp_path, port, "raise SystemExit('no')")
    thing.start()
    with pytest.raises(RuntimeError, match=r"thing stopped while starting; .*thing\.log says why"):
        wait_until_up([thing], 20, lambda line: None)
