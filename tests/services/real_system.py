"""Both services as real processes, and a patient who talks to them as the page's script does."""

import time

import httpx

from benchmarks.clinic_settings import settings_in
from bot.desk import api_tokens
from bot.service.processes import stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model


class System:
    """Both services on free ports with databases of their own."""

    def __init__(self, folder):
        self.settings = settings_in(folder)
        self.services = {
            service.name: service for service in services_for(self.settings, str(ensure_model()))
        }
        #: Of the patient page, and of the desk and the API.
        self.chat = f"http://127.0.0.1:{self.settings.patient_port}"
        self.address = f"http://127.0.0.1:{self.settings.care_port}"
        self._token = None

    def start(self, *names):
        services = [self.services[name] for name in names or self.services]
        for service in services:
            service.start()
        wait_until_up(services, START_SECONDS, print)

    def stop(self):
        stop_all(list(self.services.values()))

    def alerts(self, text=""):
        """Return the open alerts about a text, as a program of the hospital sees them."""
        if self._token is None:
            self._token = api_tokens.add(self.settings, "tests", ["read"])
        headers = {"Authorization": f"Bearer {self._token}"}
        found = httpx.get(f"{self.address}/api/alerts", headers=headers, timeout=20)
        return [one for one in found.raise_for_status().json() if text in one["text"]]

    def wait_for_alert(self, text, seconds=20):
        """Return the first alert about a text once it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.alerts(text)
            if found:
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no alert within {seconds} s")


class Patient:
    """Somebody with the patient page open, as its script talks to the server."""

    def __init__(self, system):
        self.client = httpx.Client(base_url=system.chat, timeout=60)
        session = self.client.post("/chat/session").raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {session['token']}"
        self.sent = 0

    def writes(self, text):
        self.sent += 1
        body = {"id": f"message-{self.sent}", "text": text}
        answer = self.client.post("/chat/messages", json=body).raise_for_status().json()
        return [message["text"] for message in answer["answers"]]
