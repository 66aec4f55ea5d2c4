"""The Rasa service with a component that breaks on certain words, as a library might.

``RAISES`` raises, ``DIES`` ends the process as a crash in native code does, ``HANGS`` never
returns. Everything else is `python -m bot.nlu.server`.
"""

import os
import sys
import time

from bot.nlu import server

RAISES, DIES, HANGS = "xylophone", "zeppelin", "quicksand"


def main() -> int:
    from bot.nlu.meaning import MeaningClassifier

    inner = MeaningClassifier.process

    def process(self, messages, tracker=None):
        text = " ".join(message.get("text") or "" for message in messages)
        if RAISES in text:
            raise ValueError(text)
        if DIES in text:
            os.abort()
        while HANGS in text:
            time.sleep(1)
        return inner(self, messages, tracker)

    MeaningClassifier.process = process
    return server.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
