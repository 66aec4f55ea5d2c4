// The emergency numbers: a quiet strip at first, a pinned card when there is an emergency.
import { crisisLine, numbersFor } from "./emergency.js";
import { make, nodesFor, telephone } from "./words.js";

const TITLES = {
  emergency: "Emergency: call now",
  crisis: "You deserve help right now",
};

export class EmergencyCard {
  constructor(region, { reply }) {
    this.region = region;
    this.reply = reply;
    this.kind = "";
    this.numbers = numbersFor(region);
    this.strip = this.#buildStrip();
    // The alert stands in the page from the beginning, empty: only then is its content announced.
    this.alert = make("div", { class: "alert", role: "alert" });
    this.element = make("div", { class: "emergency-area" }, this.strip, this.alert);
  }

  /** Show the card for a kind of emergency; the same card twice is announced once. */
  show(kind, { offline }) {
    const state = `${kind} ${offline}`;
    if (this.shown === state || (this.shown && this.called && this.kind === kind)) return;
    Object.assign(this, { kind, shown: state, called: false });
    this.strip.hidden = true;
    this.alert.replaceChildren(this.#card(offline));
  }

  hide() {
    Object.assign(this, { kind: "", shown: "", called: false });
    this.strip.hidden = false;
    this.alert.replaceChildren();
  }

  #buildStrip() {
    if (this.numbers.length <= 2) {
      const strip = make("p", { class: "strip" }, make("span", { text: "Emergency?" }));
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
      make("summary", { text: "Emergency? Numbers to call" }),
      list,
    );
  }

  #card(offline) {
    const title = make("h3", { text: TITLES[this.kind] });
    const card = make("div", { class: `card ${this.kind}` }, title);
    const many = this.numbers.length > 2;
    const numbers = make("div", { class: many ? "numbers many" : "numbers" });
    for (const { places, number } of this.numbers) {
      const link = call(number, many ? number : `Call ${number}`);
      if (many) link.append(make("small", { text: places }));
      numbers.append(link);
    }
    if (many) card.append(make("p", { text: "Call the number where you are:" }));
    card.append(numbers, ...this.#advice(offline));
    if (!offline) numbers.append(this.#calledButton(card));
    return card;
  }

  #advice(offline) {
    if (this.kind === "crisis") {
      return [
        make("p", { text: "If you might act on this now, call. Stay with someone you trust." }),
        ...nodesFor(crisisLine(this.region)),
      ];
    }
    if (!offline) return [];
    return [
      make("p", {
        text:
          "Your message could not be sent, so do not wait for an answer. If your breathing, throat " +
          "or face is affected and you have your own adrenaline pen, use it next. Do not stand. Do " +
          "not drive. Say that you are pregnant and had a vitamin B12 injection.",
      }),
    ];
  }

  #calledButton(card) {
    const called = make("button", { type: "button", text: "I have called" });
    called.addEventListener("click", () => {
      this.called = true;
      card.querySelector("h3").textContent = "Stay on the line with them";
      called.remove();
      this.reply("Yes, I have called");
    });
    return called;
  }
}

function call(number, text) {
  return make("a", { class: "call", href: telephone(number), text });
}
