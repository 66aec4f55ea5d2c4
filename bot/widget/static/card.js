// The emergency numbers: a quiet strip at first, a pinned card when there is an emergency.
import { cannotCall, crisisLine, numbersFor, offlineText, stepsOf } from "./emergency.js";
import { icon, make, nodesFor, telephone } from "./words.js";

const TITLES = {
  emergency: "Emergency: call now",
  crisis: "You deserve help right now",
};
const HANDSET =
  "M5 3h4l2 5-2.500 1.500a12 12 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2z";
const CALLED = "Yes, I have called";
const CANNOT = "I can't call";

/** Whether what she wrote says that she has called. */
export function saysCalled(text) {
  return /^yes,? i (have )?called\b/i.test(text);
}

export class EmergencyCard {
  constructor(region, { reply }) {
    this.region = region;
    this.reply = reply;
    this.numbers = numbersFor(region);
    this.strip = this.#buildStrip();
    // The alert stands in the page from the beginning, empty: only then is its content announced.
    this.alert = make("div", { class: "alert", role: "alert" });
    this.element = make("div", { class: "emergency-area" }, this.strip, this.alert);
    this.hide();
  }

  /**
   * Show the card; the same card twice is announced once. ``text`` is the service's emergency
   * message, empty while it cannot be reached.
   */
  show({ kind, text = "", called = false }) {
    const state = `${kind} ${text}`;
    // A kind seen without a network stays what it is when the service has not answered yet.
    if (this.shown !== state && (text || !this.shown)) {
      Object.assign(this, { kind, shown: state, called: false });
      this.strip.hidden = true;
      this.alert.replaceChildren(this.#card(text));
    }
    if (called && !this.called) this.#markCalled();
  }

  hide() {
    if (this.shown === "") return;
    Object.assign(this, { kind: "", shown: "", called: false });
    this.strip.hidden = false;
    this.alert.replaceChildren();
  }

  #buildStrip() {
    if (this.numbers.length <= 2) {
      const strip = make("p", { class: "strip" }, make("span", { text: "In an emergency" }));
      this.numbers.forEach(({ number }) => strip.append(call(number, `Call ${number}`)));
      return strip;
    }
    const list = make("ul");
    for (const { places, number } of this.numbers) {
      list.append(make("li", {}, call(number, `${places}: ${number}`)));
    }
    return make(
      "details",
      { class: "strip" },
      make("summary", { text: "In an emergency: numbers to call" }),
      list,
    );
  }

  #card(text) {
    this.title = make("h3", { text: TITLES[this.kind] });
    const many = this.numbers.length > 2;
    const numbers = make("div", { class: many ? "numbers many" : "numbers" });
    for (const { places, number } of this.numbers) {
      const link = call(number, many ? number : `Call ${number}`);
      if (many) link.append(make("small", { text: places }));
      numbers.append(link);
    }
    this.advice = make("div", { class: "advice" });
    this.answers = make("div", { class: "answers" }, this.#button("I have called", CALLED), this.#cannot());
    return make(
      "div",
      { class: `card ${this.kind}` },
      this.title,
      ...(many ? [make("p", { text: "Call the number where you are:" })] : []),
      numbers,
      this.answers,
      this.advice,
      this.#steps(text),
    );
  }

  #steps(text) {
    if (this.kind === "crisis") {
      const words = text ? nodesFor(text) : this.#crisisOffline();
      return make("div", { class: "steps" }, ...words);
    }
    const list = make("ol");
    for (const step of stepsOf(text || offlineText())) list.append(make("li", { text: step }));
    const steps = make("details", { class: "steps", open: true }, make("summary", { text: "What to do now" }), list);
    if (!text) steps.append(make("p", { text: "Your message could not be sent. Do not wait for an answer." }));
    return steps;
  }

  #crisisOffline() {
    return [
      make("p", { text: "If you might act on this now, call. Stay with someone you trust." }),
      ...nodesFor(crisisLine(this.region)),
    ];
  }

  #button(text, words) {
    const button = make("button", { type: "button", text });
    button.addEventListener("click", () => this.reply(words));
    return button;
  }

  #cannot() {
    const button = this.#button("I can't", CANNOT);
    button.addEventListener("click", () => {
      this.advice.replaceChildren(...nodesFor(cannotCall()));
      button.remove();
    });
    return button;
  }

  #markCalled() {
    this.called = true;
    this.title.textContent = "Stay on the line with them";
    this.answers.remove();
    this.advice.replaceChildren();
    const steps = this.alert.querySelector("details");
    if (steps) steps.open = false;
  }
}

function call(number, text) {
  return make("a", { class: "call", href: telephone(number) }, icon(HANDSET), make("span", { text }));
}
