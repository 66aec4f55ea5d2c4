"""A real server with one real connector behind the real guard, and an engine of a few lines."""

import asyncio
import contextlib
import itertools
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from patients import CONNECTORS

from bot.settings import load_settings

_names = itertools.count(1)

YES_NO = [{"title": "Yes", "payload": "yes it is"}, {"title": "No", "payload": "no it is not"}]


class Engine:
    """Answers by keyword, as Rasa would through the output channel, and remembers its messages."""

    def __init__(self):
        self.seen, self.gate = [], None

    @property
    def texts(self):
        return [message.text for message in self.seen]

    async def __call__(self, message):
        self.seen.append(message)
        text, say = message.text, message.output_channel.send_response
        if self.gate is not None and "slow" in text:
            await self.gate.wait()
        if "crash" in text:
            raise ValueError(f"this error quotes the patient: {text}")
        if "silent" in text:
            return
        if "throat" in text:
            await say(message.sender_id, {"text": "EMERGENCY: call 999 now."})
        elif "choose" in text:
            await say(message.sender_id, {"text": "Is it hot?", "buttons": list(YES_NO)})
        elif "long" in text:
            await say(message.sender_id, {"text": "A sentence of an answer. " * 300})
        elif text.lower() in ("stop", "stop."):
            answer = {"text": "Pardon?", "utter_action": "utter_not_understood"}
            await say(message.sender_id, answer)
        else:
            await say(message.sender_id, {"text": f"I read: {text}"})


class System:
    """One connector, running, and the provider it talks to."""

    def __init__(self, name, folder, engine=None, region="GB"):
        self.name, self.engine = name, engine or Engine()
        stand_in, self.given, self.api, self.patient_class, self.her = CONNECTORS[name]
        self.provider = stand_in()
        self.settings = replace(
            load_settings(environment={}),
            region=region,
            folder=folder,
            clinic={"name": "Riverside Maternity", "main_number": "01632 960000"},
            channel_database=f"sqlite:///{folder / 'channels.db'}",
        )
        self.timeout = 5.0

    @contextlib.asynccontextmanager
    async def running(self):
        await self.provider.start()
        try:
            async with self.server() as client:
                self.client = client
                self.patient = self.patient_class(client, self.her)
                yield self
        finally:
            await self.provider.stop()
        assert self.provider.refused == []

    @contextlib.asynccontextmanager
    async def server(self):
        """Run a server; a second one is a second process on the same database, as far as the
        connectors can tell."""
        from sanic import Sanic, response

        from bot.channels.guard import guarded

        self.channel = self.make()
        app = Sanic(f"messaging_{next(_names)}", configure_logging=False)
        # Otherwise Sanic rewrites its own code, which it can do only once in a process.
        Sanic.test_mode = True
        wrapped = guarded(self.channel, self.settings, self.timeout)
        app.blueprint(wrapped.blueprint(self.engine), url_prefix=f"/webhooks/{self.name}")
        # As in Rasa's server; without any address at all Sanic cannot even refuse.
        app.add_route(lambda _: response.text("hello"), "/")
        listening = socket.create_server(("127.0.0.1", 0))
        server = await app.create_server(
            sock=listening, return_asyncio_server=True, access_log=False
        )
        await server.startup()
        await server.before_start()
        await server.after_start()
        port = listening.getsockname()[1]
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield client
        finally:
            await server.before_stop()
            server.close()
            await server.wait_closed()

    def make(self):
        from importlib import import_module

        module = import_module(f"bot.channels.messaging.{self.name}")
        channel_class = getattr(module, f"{self.name.capitalize()}Channel")
        return channel_class(self.settings, {**self.given, self.api: self.provider.address})

    #: What a client gets when the server has answered and hung up while it was still sending.
    client_error = (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError)

    async def provider_says(self, start, seconds=20):
        """Wait until a message that starts like this reached the provider."""
        for _ in range(int(seconds / 0.05)):
            if any(message["text"].startswith(start) for message in self.provider.sent):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"no {start} within {seconds} s")

    async def settled(self):
        """Wait until nothing waits to be answered or sent."""
        for _ in range(400):
            await asyncio.sleep(0.05)
            if not self.channel._lanes._running and not self.channel.courier._lanes._running:
                return
        raise AssertionError("the connector is still busy")


@pytest.fixture
def make_system(tmp_path):
    def make(name, folder: Path = tmp_path, **more):
        return System(name, folder, **more)

    return make


@pytest.fixture(params=list(CONNECTORS))
async def system(request, make_system):
    """Each connector in turn."""
    async with make_system(request.param).running() as system:
        yield system


@pytest.fixture
async def twilio(make_system):
    async with make_system("twilio").running() as system:
        yield system


@pytest.fixture
async def telegram(make_system):
    async with make_system("telegram").running() as system:
        yield system


@pytest.fixture
async def messenger(make_system):
    async with make_system("messenger").running() as system:
        yield system


@pytest.fixture
async def slack(make_system):
    async with make_system("slack").running() as system:
        yield system
