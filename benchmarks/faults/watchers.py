"""Open live streams, as desks or programs of the hospital hold them, that reconnect and resume."""

import json
import threading
import time

import httpx


class Watchers:
    """Several streams of ``/api/alerts/stream``; what each has seen, and when."""

    def __init__(self, port: int, token: str, number: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/alerts/stream"
        self._token = token
        self.seen = [set() for _ in range(number)]
        self.seen_at = [{} for _ in range(number)]
        self.reconnects = 0
        self.connected = 0
        self._stopped = False

    def __enter__(self):
        for place in range(len(self.seen)):
            threading.Thread(target=self._watch, args=(place,), daemon=True).start()
        deadline = time.monotonic() + 120
        while self.connected < len(self.seen) and time.monotonic() < deadline:
            time.sleep(0.05)
        return self

    def __exit__(self, *arguments: object) -> None:
        self._stopped = True

    def _watch(self, place: int) -> None:
        last, was_there = None, False
        while not self._stopped:
            headers = {"Authorization": f"Bearer {self._token}"}
            if last is not None:
                headers["Last-Event-ID"] = last
            try:
                with httpx.stream("GET", self._url, headers=headers, timeout=30) as answer:
                    if answer.status_code == 200:
                        if was_there:
                            self.reconnects += 1
                        for line in answer.iter_lines():
                            if self._stopped:
                                return
                            if line.startswith("id: "):
                                last = line[4:]
                                if not was_there:
                                    was_there = True
                                    self.connected += 1
                            elif line.startswith("data: {") and len(line) > 10:
                                self._see(place, json.loads(line[6:]))
            except httpx.HTTPError:
                pass
            time.sleep(0.2)

    def _see(self, place: int, event: dict) -> None:
        if "alert" in event:
            self.seen[place].add(event["alert"]["id"])
            self.seen_at[place].setdefault(event["alert"]["id"], time.time())
