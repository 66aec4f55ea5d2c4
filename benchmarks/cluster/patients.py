"""Patients who write through the proxy as the page does: what failed is sent again, same id."""

import threading
import time

import httpx

#: Seconds a patient's page goes on trying.
PATIENCE = 150.0
CALM = (
    "hello",
    "does the injection hurt?",
    "my arm is a bit sore where i got it",
    "can i eat before it",
    "how long does a session take",
    "thanks",
)
EMERGENCY = "my throat is closing up and i cannot breathe since the shot"


class Patient(threading.Thread):
    """Writes until told to stop, then looks at what her page would show."""

    def __init__(self, address: str, number: int, stop: threading.Event, pause: float) -> None:
        super().__init__(daemon=True)
        self.number, self._stop_writing, self._pause = number, stop, pause
        # An address of her own, since the service limits what one address may send.
        own = httpx.HTTPTransport(local_address=f"127.0.{2 + number // 200}.{1 + number % 200}")
        self._client = httpx.Client(base_url=address, transport=own, timeout=20)
        self.conversation = ""
        self.answered: dict = {}
        self.unanswered: list = []
        self.retries = 0
        self.longest = 0.0
        self.emergency_id = ""
        self.lines: list = []

    def run(self) -> None:
        session = self._send("POST", "/chat/session")
        self.conversation = session["conversation"]
        self._client.headers["Authorization"] = f"Bearer {session['token']}"
        turn = 0
        while not self._stop_writing.is_set():
            self._write(f"patient{self.number}-{turn:04d}", CALM[turn % len(CALM)])
            turn += 1
            # Every second patient has her emergency at a moment of her own.
            if self.number % 2 == 0 and turn == 2 + self.number % 5:
                self.emergency_id = f"patient{self.number}-emergency"
                self._write(self.emergency_id, EMERGENCY)
            self._stop_writing.wait(self._pause)
        after = 0
        while page := self._send("GET", f"/chat/history?after={after}")["events"]:
            self.lines += page
            after = page[-1]["number"]

    def _write(self, id: str, text: str) -> None:
        began = time.monotonic()
        try:
            answer = self._send("POST", "/chat/messages", json={"id": id, "text": text})
        except TimeoutError:
            self.unanswered.append(id)
            return
        self.longest = max(self.longest, time.monotonic() - began)
        texts = [each.get("text", "") for each in answer["answers"]]
        if texts:
            self.answered[id] = texts
        else:
            self.unanswered.append(id)

    def _send(self, method: str, path: str, **body):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self._client.request(method, path, **body)
                if answer.is_success:
                    return answer.json()
            except httpx.HTTPError:
                pass
            self.retries += 1
            time.sleep(0.5)
        raise TimeoutError(f"{method} {path}")

    # What is counted.

    def doubled(self) -> list:
        """Return the ids of messages under which the same line stands twice on her page."""
        found = []
        for id in self.answered:
            texts = [line.get("text") for line in self.lines if line["answers"] == id]
            if len(texts) != len(set(texts)):
                found.append(id)
        own = [line.get("id") for line in self.lines if line["author"] == "patient"]
        return found + [id for id in set(own) if own.count(id) > 1]

    def out_of_order(self) -> list:
        """Return the ids of messages that do not stand in the order in which she wrote them.

        An answer stands after its message and before the next one.
        """
        sent, found, current = list(self.answered), [], ""
        for line in self.lines:
            if line["author"] == "patient":
                if current and sent.index(line["id"]) < sent.index(current):
                    found.append(line["id"])
                current = line["id"]
            elif line["answers"] in self.answered and line["answers"] != current:
                found.append(line["answers"])
        return found
