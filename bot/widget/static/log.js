// The list of messages: who said what and when, how far a message got, and what may be answered.
import { copy } from "./transcript.js";
import { icon, make, nodesFor, timeText, who } from "./words.js";

const STATES = {
  sending: "Sending",
  sent: "Sent",
  waiting: "Not sent yet",
  refused: "Not sent",
};
const COPY = "M8 8V4h12v12h-4M4 8h12v12H4z";

export class Log {
  /** ``reply(text)`` sends an answer, ``retry()`` tries again, ``address`` is that of the service. */
  constructor({ reply, retry, address }) {
    Object.assign(this, { reply, retry, address });
    this.items = new Map();
    this.element = make("ol", { class: "log", role: "list" });
  }

  /** Bring the list up to date with the lines and what is not sent yet. */
  show(lines, unsent) {
    const wanted = [
      ...lines.map((line) => ({ ...line, state: line.author === "patient" ? "sent" : "" })),
      ...unsent.map((message) => ({ ...message, key: message.id, author: "patient" })),
    ].filter((one) => one.text || one.links || (one.kind === "presence" && one.name));
    const keys = new Set(wanted.map((one) => one.key));
    for (const [key, item] of this.items) {
      if (keys.has(key)) continue;
      item.remove();
      this.items.delete(key);
    }
    // A question may be followed by a word about the nurse: it stays open until she answers.
    const said = wanted.map((one) => one.author).lastIndexOf("patient");
    const question = wanted.slice(said + 1).filter((one) => one.buttons?.length).pop();
    let before = null;
    for (const one of wanted) {
      const item = this.items.get(one.key) || this.#item(one);
      const place = before ? before.nextSibling : this.element.firstChild;
      if (place !== item) this.element.insertBefore(item, place);
      this.#mark(item, one, { last: one === wanted[wanted.length - 1], question: one === question });
      before = item;
    }
  }

  /** The element of a line. */
  item(key) {
    return this.items.get(key);
  }

  #item(one) {
    const item = one.kind === "presence" ? this.#arrival(one) : this.#message(one);
    this.items.set(one.key, item);
    return item;
  }

  #arrival(one) {
    return make("li", { class: "arrival" }, make("p", { text: `${who(one)} is in this chat now` }));
  }

  #message(one) {
    const item = make("li", { class: `message ${one.author} ${one.kind || ""}`.trim() });
    const bubble = make("div", { class: "bubble", dir: "auto" });
    if (one.author === "patient") bubble.append(make("p", { text: one.text }));
    else bubble.append(...nodesFor(one.text || ""));
    const about = make("p", { class: "about" }, make("span", { class: "who", text: who(one) }), " ");
    if (one.author === "nurse") about.append(make("span", { class: "human", text: "a person, not automated" }), " ");
    about.append(
      make("time", { datetime: new Date(one.at).toISOString(), text: timeText(one.at) }),
      make("span", { class: "state" }),
    );
    item.append(about, make("div", { class: "row" }, bubble, this.#copyButton(one)), ...this.#links(one));
    return item;
  }

  #copyButton(one) {
    const button = make("button", { class: "copy", type: "button", "aria-label": "Copy this message" }, icon(COPY));
    button.addEventListener("click", async () => {
      const done = await copy(one.text, button.parentElement);
      button.focus();
      button.classList.toggle("done", done);
      button.setAttribute("aria-label", done ? "Copied" : "It could not be copied");
      setTimeout(() => {
        button.classList.remove("done");
        button.setAttribute("aria-label", "Copy this message");
      }, 3000);
    });
    return button;
  }

  /** Documents that belong to a message, such as a plan: only over https, or from the service itself. */
  #links(one) {
    const shown = (one.links || []).flatMap(({ title, url }) => {
      const address = new URL(url, this.address);
      if (address.protocol !== "https:" && address.origin !== new URL(this.address).origin) return [];
      const attributes = { class: "document", href: address.href, target: "_blank", rel: "noopener", text: title };
      return [make("a", attributes)];
    });
    return shown.length ? [make("div", { class: "replies" }, ...shown)] : [];
  }

  /** Bring a message's delivery state and quick replies up to date. */
  #mark(item, one, { last, question }) {
    const state = item.querySelector(".state");
    if (!state) return;
    const text = STATES[one.state] || "";
    if (state.textContent !== text) state.textContent = text;
    item.classList.toggle("unsent", one.state === "waiting" || one.state === "refused");
    this.#offer(item, ".retry", one.state === "waiting" && last, () => this.#retryButton());
    this.#offer(item, ".quick", question, () => this.#replies(one.buttons));
  }

  #offer(item, selector, wanted, build) {
    const there = item.querySelector(selector);
    if (wanted && !there) item.append(build());
    if (!wanted && there) there.remove();
  }

  #retryButton() {
    const button = make("button", { class: "quiet retry", type: "button", text: "Try again now" });
    button.addEventListener("click", () => this.retry());
    return button;
  }

  #replies(buttons) {
    const group = make("div", { class: "replies quick", role: "group", "aria-label": "Suggested answers" });
    for (const { title, payload } of buttons) {
      const button = make("button", { class: "reply", type: "button", text: title });
      button.addEventListener("click", () => this.reply(payload || title));
      group.append(button);
    }
    return group;
  }
}
