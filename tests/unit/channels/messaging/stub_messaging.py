"""One process of several for the same app: ``python stub_messaging.py PORT FOLDER CALLBACK``.

Its engine writes down what it is given, in a file that all processes share.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(PROJECT))


def main(port, folder, callback):
    import providers
    from sanic import Sanic, response

    from bot.channels.guard import guarded
    from bot.channels.messaging.webhook import WebhookChannel
    from bot.settings import load_settings

    async def engine(message):
        await asyncio.sleep(0.02)
        with (folder / "seen.txt").open("a", encoding="utf-8") as file:
            file.write(f"{message.text}\n")
        answer = {"text": f"I read: {message.text}"}
        await message.output_channel.send_response(message.sender_id, answer)

    settings = replace(
        load_settings(environment={}),
        folder=folder,
        channel_database=f"sqlite:///{folder / 'channels.db'}",
    )
    given = {**providers.WEBHOOK, "WEBHOOK_CALLBACK_ADDRESS": callback}
    channel = guarded(WebhookChannel(settings, given), settings)
    app = Sanic("stub_messaging", configure_logging=False)
    app.add_route(lambda _: response.text("hello"), "/")
    app.blueprint(channel.blueprint(engine), url_prefix="/webhooks/webhook")
    app.run("127.0.0.1", port, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
