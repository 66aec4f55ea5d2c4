"""Stands for the service that notifications go to: counts what arrives, fails on demand."""

import http.server
import json
import threading
import time
from collections import Counter


class Receiver(http.server.ThreadingHTTPServer):
    """Accepts signed webhooks; answers with ``status``."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.refused = 0
        #: How long each answer takes.
        self.seconds = 0.0
        self.references: Counter = Counter()
        self.first_at: dict = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"webhook+http://127.0.0.1:{self.server_address[1]}/alerts"

    def take(self, body: dict) -> None:
        self.references[body["reference"]] += 1
        self.first_at.setdefault(body["alert_id"], time.time())

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.seconds)
        if self.server.status == 200:
            self.server.take(json.loads(body))
        else:
            self.server.refused += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass
