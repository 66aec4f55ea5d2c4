"""``python -m benchmarks.pictures``: takes every picture of docs/images that shows the product.

Starts both services with the trained model and Debian's Chromium, and lets a patient and a nurse do
what the pictures show. ``--folder`` writes them elsewhere.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from bot.settings import PROJECT

# The tests know how to start the services and how a morning at the desk looks.
for _folder in ("tests/services", "tests/services/widget", "tests/unit/channels"):
    sys.path.insert(0, str(PROJECT / _folder))

from chat_page import Page  # noqa: E402
from desk_site import Care, cookie_for, fill, history, talk  # noqa: E402
from real_system import System  # noqa: E402

CLINIC = {
    "BOT_REGION": "GB",
    "BOT_CLINIC_NAME": "St Brigid Maternity",
    "BOT_CLINIC_MAIN_NUMBER": "020 7946 0100",
    "BOT_CLINIC_MATERNITY_NUMBER": "020 7946 0123",
}
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
EMERGENCY = "20 min after my jab my lips went puffy and i cant stop wheezing"


class Camera:
    """Opens pages in browsers of different people and writes what they look like."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    @contextmanager
    def patient(self, system: System, path: str = "/chat/", **options: Any) -> Iterator[Page]:
        """Give a new patient's page."""
        context = self._browser.new_context(**{"viewport": DESKTOP, **options})
        yield Page(context, system.chat, path)
        context.close()

    @contextmanager
    def nurse(self, care: Any, path: str, name: str = "Ben Okafor", **options: Any) -> Iterator:
        """Give the desk as a lead sees it."""
        context = self._browser.new_context(**{"viewport": DESK, **options})
        context.add_cookies([{**cookie_for(care, name, "lead"), "url": f"{care.address}/desk"}])
        page = context.new_page()
        page.goto(care.address + path)
        page.wait_for_selector("#link-state[data-state=live]", state="attached")
        # The page offers sound a moment after it has loaded, if the browser withholds it.
        page.wait_for_timeout(400)
        if page.is_visible("#sound-on"):
            page.click("#sound-on")
        yield page
        context.close()

    def take(self, page: Any, name: str, **options: Any) -> None:
        """Write one picture."""
        page.wait_for_timeout(400)
        page.screenshot(path=self._folder / f"{name}.png", **options)
        print(name)


def chat(camera: Camera, system: System) -> None:
    """Take the pictures of the widget and of the page around it."""
    phone = {"viewport": PHONE, "device_scale_factor": 1.5, "has_touch": True, "is_mobile": True}
    with camera.patient(system) as page:
        camera.take(page.page, "chat-desktop")
    with camera.patient(system, "/chat/demo") as page:
        camera.take(page.page, "widget-closed")
        page.launcher.click()
        camera.take(page.page, "widget-open")
    with camera.patient(system, **phone) as page:
        camera.take(page.page, "widget-phone")
        page.say("is b12 safe for my baby?")
        page.button("Yes", exact=True).click()
        page.button("Make my plan").wait_for()
        camera.take(page.page, "widget-quick-replies")
    with camera.patient(system, **phone) as page:
        page.say(EMERGENCY, answers=2)
        camera.take(page.page, "widget-emergency")
    with camera.patient(system, **phone) as page:
        page.say("is b12 safe for my baby?")
        page.context.set_offline(True)
        page.write("my throat feels tight")
        page.wait(lambda: page.element.get_by_text("Not sent yet").count() == 1)
        camera.take(page.page, "widget-offline")
    with camera.patient(system, color_scheme="dark") as page:
        page.say("is b12 safe for my baby?")
        page.button("Yes", exact=True).click()
        page.button("Make my plan").wait_for()
        page.say("my arm is sore since the injection yesterday")
        camera.take(page.page, "widget-dark")


def nurse_in_the_chat(camera: Camera, system: System) -> None:
    """Take the picture of a nurse who writes with a patient."""
    words = "the spot of my injection is red, hot and spreading"
    with camera.patient(system) as page:
        page.say(words)
        alert = system.wait_for_alert(words)
        with camera.nurse(system, f"/desk/alerts/{alert['id']}", "Anna") as desk:
            desk.click("#acknowledge")
            desk.click("#take-over")
            page.wait(lambda: "Nurse Anna is here" in page.shown())
            desk.fill("#reply", "I can see what you wrote. How big is the red spot?")
            desk.click("#send")
        page.wait(lambda: page.element.locator("li.nurse").count() == 1)
        camera.take(page.page, "widget-nurse")


def desk(camera: Camera, folder: Path) -> None:
    """Take the pictures of the nurse desk, on a busy morning."""
    with _running_care(folder) as care:
        history(care)
        waiting = fill(care)
        with camera.nurse(care, "/desk") as page:
            camera.take(page, "desk-queue", full_page=True)
        with camera.nurse(care, "/desk", viewport={"width": 320, "height": 900}) as page:
            camera.take(page, "desk-phone")
        talk(
            *(care, waiting, "Ben Okafor", "Hello, I am Ben, a nurse at the clinic."),
            *("Are you alone? Unlock your front door now.", "The ambulance is on its way."),
        )
        for name, scheme in (("desk-alert", "light"), ("desk-alert-dark", "dark")):
            with camera.nurse(care, f"/desk/alerts/{waiting}", color_scheme=scheme) as page:
                camera.take(page, name, full_page=True)
        with camera.nurse(care, "/desk/insight") as page:
            camera.take(page, "desk-insight", full_page=True)


@contextmanager
def _running_care(folder: Path) -> Iterator[Care]:
    folder.mkdir()
    care = Care(folder).start()
    try:
        yield care
    finally:
        care.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=PROJECT / "docs" / "images")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    scratch = Path(tempfile.mkdtemp())
    # The services are processes of their own and read it there.
    key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    os.environ.update(CLINIC, BOT_ENCRYPTION_KEY=key)
    system = System(scratch / "both")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            camera = Camera(browser, options.folder)
            desk(camera, scratch / "desk")
            system.start()
            chat(camera, system)
            nurse_in_the_chat(camera, system)
            browser.close()
    finally:
        system.stop()
        shutil.rmtree(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
