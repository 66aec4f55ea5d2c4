"""A real Sanic server with the real web channel behind the real guard, and an engine of ten lines.

Run as a script: ``python stub_chat.py PORT FOLDER``. A message's words decide the answer.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT))

YES_NO = [
    {"title": "Yes", "payload": "yes"},
    {"title": "No", "payload": "no"},
    {"title": "Not sure", "payload": "/not_sure"},
]


def engine(folder, settings):
    """Return a handler that answers by keyword and writes down what it was given."""
    from bot.content import load_content

    seen, texts = folder / "seen.txt", load_content("en", settings)

    def emergency(kind):
        first = as_rasa_sends(texts.message("emergency", emergency_kind=kind))
        second = as_rasa_sends(texts.message("emergency_next", emergency_kind=kind))
        told = as_rasa_sends(texts.message("nurse_told"))
        return [{**first, "utter_action": "utter_emergency"}, second, told]

    def answers(text):
        if "silent" in text:
            return []
        if "throat" in text:
            return emergency("allergic")
        if "want to die" in text:
            return emergency("crisis_intent")
        if "baby" in text:
            return [as_rasa_sends(texts.message("faq_harm_to_baby"))]
        if "arm" in text:
            return [{"text": "Is the spot hot, or is the redness spreading?", "buttons": YES_NO}]
        return [{"text": f"I read: {text}"}]

    async def handle(message):
        text = message.text
        with seen.open("a", encoding="utf-8") as file:
            file.write(f"{message.sender_id}\t{text!r}\t{message.metadata}\n")
        if "crash" in text:
            raise ValueError(f"this error quotes the patient: {text}")
        await asyncio.sleep(4 if "hang" in text else 1 if "slow" in text else 0)
        for answer in answers(text):
            await message.output_channel.send_response(message.sender_id, answer)

    return handle


def as_rasa_sends(message):
    """Return a text of the content in the shape a Rasa action hands to an output channel."""
    buttons = [{"title": one.title, "payload": one.payload} for one in message.buttons]
    return {"text": message.text, "buttons": buttons, "metadata": {"key": message.key}}


def make_app(folder, region="GB", timeout=2.5, origins=(), generous=False, database=""):
    """Return the server; ``timeout`` is the guard's, in seconds, and ``generous`` lifts limits."""
    from rasa.core.channels.rest import RestInput
    from sanic import Sanic

    from bot.care import database as care
    from bot.channels.guard import guarded
    from bot.channels.limits import RateLimiter
    from bot.channels.push import InternalChannel
    from bot.channels.web import WebChannel
    from bot.settings import load_settings

    settings = replace(
        load_settings(environment={}),
        region=region,
        folder=folder,
        care_database=f"sqlite:///{folder}/care.db",
        clinic={
            "name": "Riverside Maternity",
            "main_number": "",
            "maternity_number": "01632 960001",
        },
        allowed_origins=list(origins),
        channel_database=database,
    )
    care.migrate(settings)
    app = Sanic("stub_chat", configure_logging=False)
    web = WebChannel(settings)
    if generous:
        web.new_session_limit = web.address_limit = RateLimiter(10_000, 1_000)
    app.blueprint(InternalChannel(settings).blueprint(None), url_prefix="/internal")
    channel = guarded(web, settings, timeout)
    app.blueprint(channel.blueprint(engine(folder, settings)), url_prefix="/chat")
    rest = guarded(RestInput(), settings, timeout)
    app.blueprint(rest.blueprint(engine(folder, settings)), url_prefix="/webhooks/rest")

    @app.get("/", name="home")
    async def rasa_greets_here(_):
        raise AssertionError("the way to the patient page comes first")

    return app


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
            [sys.executable, str(Path(__file__)), str(port), str(folder), *options],
            stdout=log,
            stderr=log,
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


if __name__ == "__main__":
    port, folder, *options = sys.argv[1:]
    allowed = [option for option in options if option.startswith("http")]
    database = next((option for option in options if option.startswith("postgresql")), "")
    app = make_app(
        Path(folder), origins=allowed, generous="--generous" in options, database=database
    )
    app.run("127.0.0.1", int(port), access_log=False, motd=False)
