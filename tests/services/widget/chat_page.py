"""The chat as its user knows it: what tests of the widget do and see on a page."""

import time

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


class Page:
    """A page with the chat on it, in the browser context of one person."""

    def __init__(self, context, address, path="/chat/"):
        self.context, self.problems = context, []
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._console)
        self.page.goto(f"{address}{path}")
        self.element.locator(".launcher, .chat").first.wait_for()

    def _console(self, message):
        # A failed request is reported by the browser itself; the tests that cut the line expect it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    @property
    def element(self):
        return self.page.locator("b12-symptom-check")

    def shown(self):
        return self.element.locator(".chat").inner_text()

    @property
    def text(self):
        return self.element.get_by_label("Your message")

    @property
    def card(self):
        return self.element.locator(".alert")

    @property
    def answers(self):
        return self.element.locator("li.bot .bubble, li.nurse .bubble")

    @property
    def messages(self):
        return self.element.locator("li.patient")

    @property
    def launcher(self):
        return self.element.locator(".launcher")

    def button(self, name, **options):
        return self.element.get_by_role("button", name=name, **options)

    def choose(self, name):
        """Choose from the menu "More"."""
        self.button("More", exact=True).click()
        self.element.get_by_role("menuitem", name=name).click()

    def write(self, text):
        self.text.fill(text)
        self.text.press("Enter")

    def say(self, text, answers=1):
        before = self.answers.count()
        self.write(text)
        self.wait(lambda: self.answers.count() >= before + answers)

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.shown()
            self.page.wait_for_timeout(50)

    def token(self):
        kept = "() => JSON.parse(localStorage['b12-symptom-check'])"
        return self.page.evaluate(kept)

    def focused(self):
        """Return the text, id or class of what has the keyboard."""
        return self.page.evaluate(
            """() => {
              const outer = document.activeElement;
              const one = outer.shadowRoot?.activeElement || outer;
              return one.getAttribute("aria-label") || one.textContent || one.id || one.className;
            }"""
        )

    def axe(self):
        from axe_playwright_python.sync_playwright import Axe

        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = Axe().run(self.page, options=options).response["violations"]
        return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]

    def small_targets(self):
        """Return what can be pressed but is smaller than 44 by 44 pixels (links in text may be)."""
        return self.page.evaluate(
            """() => [...document.querySelector("b12-symptom-check").shadowRoot
              .querySelectorAll("button, textarea, summary, a.call, a.document")]
              .filter((one) => one.checkVisibility())
              .map((one) => [one.textContent || one.className, one.getBoundingClientRect()])
              .filter(([, box]) => box.width < 44 || box.height < 44)
              .map(([text]) => text)"""
        )

    def overflow(self):
        """Return what is wider than its place."""
        return self.page.evaluate(
            """() => {
              const chat = document.querySelector("b12-symptom-check").shadowRoot;
              const wide = [document.documentElement, ...chat.querySelectorAll("*")]
                .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1);
              return wide.map((one) => one.className || one.tagName);
            }"""
        )

    def cut_off(self):
        """Return which of the call button and the field are not wholly in the window."""
        return self.page.evaluate(
            """() => {
              const chat = document.querySelector("b12-symptom-check").shadowRoot;
              return [...chat.querySelectorAll("a.call, textarea")]
                .filter((one) => one.checkVisibility())
                .filter((one) => {
                  const box = one.getBoundingClientRect();
                  return box.top < 0 || box.bottom > innerHeight + 1 || box.right > innerWidth + 1;
                })
                .map((one) => one.textContent || one.id);
            }"""
        )
