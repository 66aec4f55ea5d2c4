"""``python -m benchmarks.widget``: bytes of the chat, and Enter to answer in a real browser.

Starts both services with the trained model and Debian's Chromium. Times are wall time in the page:
from the key press to the moment the first answer is in the document.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.clinic_settings import settings_in
from bot.channels.pages import static_files
from bot.service.processes import stop_all, wait_until_up
from bot.service.serve import START_SECONDS, services_for
from bot.service.training import ensure_model

QUESTIONS = (
    "will it harm my baby?",
    "my arm is sore since the injection",
    "how often do I need it?",
    "i feel a bit sick",
    "thank you",
    "can I eat before it?",
)

#: Resolves to the milliseconds from Enter to the first answer.
ENTER_TO_ANSWER = """(text) => new Promise((resolve) => {
  const shadow = document.querySelector("b12-symptom-check").shadowRoot;
  const field = shadow.querySelector("textarea");
  const log = shadow.querySelector(".log");
  const before = log.querySelectorAll("li.bot").length;
  let start;
  const watch = new MutationObserver(() => {
    if (log.querySelectorAll("li.bot").length <= before) return;
    watch.disconnect();
    resolve(performance.now() - start);
  });
  watch.observe(log, { childList: true });
  field.value = text;
  start = performance.now();
  const enter = { key: "Enter", bubbles: true, cancelable: true };
  field.dispatchEvent(new KeyboardEvent("keydown", enter));
})"""


def sizes() -> None:
    """Print the bytes of what a host page loads."""
    files = static_files()
    print("| file | bytes | compressed |\n|---|---|---|")
    for name in ("widget.js", "chat.js"):
        print(f"| {name} | {len(files[name].content):,} | {len(files[name].compressed):,} |")
    total = sum(len(files[name].compressed) for name in ("widget.js", "chat.js"))
    print(f"| together | | {total:,} |")


def times(conversations: int) -> list[float]:
    """Return the milliseconds from Enter to the first answer, message by message."""
    from playwright.sync_api import sync_playwright

    folder = Path(tempfile.mkdtemp())
    settings = settings_in(folder)
    services = services_for(settings, str(ensure_model()))
    found = []
    try:
        for service in services:
            service.start()
        wait_until_up(services, START_SECONDS, lambda line: print(line, file=sys.stderr))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for number in range(conversations + 1):
                page = browser.new_context().new_page()
                page.goto(f"http://127.0.0.1:{settings.patient_port}/chat/")
                page.locator("b12-symptom-check").get_by_label("Your message").wait_for()
                for text in QUESTIONS:
                    took = page.evaluate(ENTER_TO_ANSWER, text)
                    # The first conversation warms the services up.
                    found += [took] if number else []
                    page.wait_for_timeout(300)
                page.context.close()
            browser.close()
    finally:
        stop_all(services)
        shutil.rmtree(folder)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.widget", description=__doc__)
    parser.add_argument("--conversations", type=int, default=5, help="of six messages each")
    parser.add_argument("--sizes-only", action="store_true", help="no browser, no services")
    options = parser.parse_args()
    sizes()
    if options.sizes_only:
        return 0
    found = times(options.conversations)
    cuts = statistics.quantiles(found, n=20)
    print(
        f"\nEnter to answer in the browser, {len(found)} messages: "
        f"p50 {statistics.median(found):.0f} ms, p95 {cuts[18]:.0f} ms."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
