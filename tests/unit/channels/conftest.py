import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

STUB = Path(__file__).with_name("stub_chat.py")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_chat(folder, *options, port=None):
    """Run the stub chat as a process of its own; give its address, and end it afterwards."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(STUB), str(port), str(folder), *options], stdout=log, stderr=log
        )
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/chat/").status_code == 200:
                    break
            assert process.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="session")
def chat(chat_folder):
    with running_chat(chat_folder, "https://clinic.example", "--generous") as address:
        yield address


@pytest.fixture
def run_chat():
    """Give what runs a server of its own, with the limits of a real one."""
    return running_chat
