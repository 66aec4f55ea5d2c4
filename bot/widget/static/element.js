// <b12-symptom-check>: the chat as it is seen, heard and used with a keyboard.
import { Conversation } from "./conversation.js";
import { EmergencyCard } from "./card.js";
import { redFlag } from "./emergency.js";
import { style } from "./style.js";
import { make, nodesFor, timeText } from "./words.js";

const LONGEST = 4000;

const SCOPE = [
  "Hello. Tell me how you feel, or ask about your vitamin B12 injections.",
  "I am an automated service, not a person. I give general information for pregnant people having " +
    "vitamin B12 injections. It can be wrong or out of date. I do not diagnose or change your " +
    "treatment. A nurse may read this chat.",
  "An emergency must be phoned, not typed.",
];

class SymptomCheck extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [style()];
    const service = new URL(this.getAttribute("service") || "/chat/", document.baseURI);
    this.conversation = new Conversation(service);
    this.items = new Map();
    this.#build(shadow);
    this.conversation.addEventListener("change", () => this.#show());
    this.conversation.addEventListener("line", ({ detail }) => this.#announce(detail));
    this.conversation.addEventListener("notice", ({ detail }) => this.#notice(detail));
    this.conversation.start();
    this.text.value = this.conversation.draft;
    this.#typed();
  }

  #build(shadow) {
    this.card = new EmergencyCard(this.getAttribute("region"), {
      reply: (text) => this.#send(text),
    });
    this.restart = make("button", { class: "quiet", type: "button", text: "New chat" });
    this.restart.addEventListener("click", () => this.#askToRestart());
    this.log = make("ol", { class: "log", role: "list" });
    this.scroller = make(
      "div",
      { class: "scroller", role: "region", "aria-label": "Conversation", tabindex: "0" },
      make("div", { class: "scope" }, ...SCOPE.map((text) => make("p", { text }))),
      this.log,
    );
    this.typing = make("p", { class: "typing", hidden: true });
    this.typing.append(make("span", { class: "dots", "aria-hidden": "true" }), "Reading your message");
    this.scroller.append(this.typing);
    this.banner = make("div", { class: "banner", role: "status" });
    this.heard = make("div", { class: "heard", "aria-live": "polite" });
    this.count = make("p", { class: "count", id: "count", "aria-live": "polite" });
    this.text = make("textarea", {
      id: "text",
      rows: "1",
      placeholder: "How do you feel?",
      autocomplete: "off",
      "aria-describedby": "hint count",
    });
    this.text.addEventListener("input", () => this.#typed());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      }
    });
    this.form = make(
      "form",
      {},
      make("label", { for: "text", text: "Your message" }),
      make("div", { class: "line" }, this.text, make("button", { class: "send", text: "Send" })),
      make("p", { class: "hint", id: "hint", text: "Enter sends. Shift and Enter begin a new line." }),
      this.count,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    const title = make("h2", { text: "Symptom check" });
    shadow.append(
      make(
        "section",
        { class: "chat", "aria-label": "Symptom check chat" },
        make("div", { class: "head" }, title, this.restart),
        this.card.element,
        this.banner,
        this.scroller,
        this.heard,
        this.form,
      ),
      this.#dialog(),
    );
  }

  #dialog() {
    const stay = make("button", { class: "quiet", value: "stay", text: "Keep this chat" });
    const leave = make("button", { class: "send", value: "restart", text: "Start a new chat" });
    this.dialog = make(
      "dialog",
      { "aria-labelledby": "ask" },
      make(
        "form",
        { method: "dialog" },
        make("h2", { id: "ask", text: "Start a new chat?" }),
        make("p", { text: "This chat will be removed from this device. A nurse can still read it." }),
        make("div", { class: "choices" }, stay, leave),
      ),
    );
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "restart") this.#restart();
      else this.restart.focus();
    });
    return this.dialog;
  }

  #askToRestart() {
    this.dialog.returnValue = "stay";
    this.dialog.showModal();
  }

  #restart() {
    this.conversation.restart();
    this.card.hide();
    this.text.value = "";
    this.#typed();
    this.text.focus();
  }

  #submit() {
    const text = this.text.value.trim();
    if (!text || text.length > LONGEST) {
      this.text.focus();
      return;
    }
    this.text.value = "";
    this.#send(text);
    this.#typed();
  }

  #send(text) {
    this.conversation.send(text);
    this.scroller.scrollTop = this.scroller.scrollHeight;
    if (!matchMedia("(pointer: coarse)").matches) this.text.focus();
  }

  #typed() {
    this.text.style.blockSize = "auto";
    this.text.style.blockSize = `${Math.min(this.text.scrollHeight + 2, 160)}px`;
    const over = this.text.value.length - LONGEST;
    this.text.setAttribute("aria-invalid", String(over > 0));
    this.count.textContent =
      over > 0 ? `Please shorten your message by ${over} characters. Nothing is lost.` : "";
    this.conversation.keepDraft(this.text.value);
    this.#checkOffline();
  }

  /** While the service cannot be reached, nobody else reads what she wrote for a red flag. */
  #checkOffline() {
    if (this.conversation.reachable) return;
    const unsent = this.conversation.unsent.map((message) => message.text);
    const kind = [...unsent, this.text.value].map(redFlag).find(Boolean);
    if (kind) this.card.show(kind, { offline: true });
  }

  #show() {
    const { lines, unsent, reachable, busy } = this.conversation;
    const atEnd = this.#isAtEnd();
    const wanted = [
      ...lines.map((line) => ({ ...line, state: line.author === "patient" ? "sent" : "" })),
      ...unsent.map((message) => ({ ...message, key: message.id, author: "patient" })),
    ];
    const keys = new Set(wanted.map((one) => one.key));
    for (const [key, item] of this.items) {
      if (!keys.has(key)) {
        item.remove();
        this.items.delete(key);
      }
    }
    // A question may be followed by a word about the nurse: it stays open until she answers.
    const said = wanted.map((one) => one.author).lastIndexOf("patient");
    const question = wanted.slice(said + 1).filter((one) => one.buttons?.length).pop();
    const last = wanted[wanted.length - 1];
    let before = null;
    for (const one of wanted) {
      const item = this.items.get(one.key) || this.#item(one);
      const place = before ? before.nextSibling : this.log.firstChild;
      if (place !== item) this.log.insertBefore(item, place);
      this.#mark(item, one, { last: one === last, question: one === question });
      before = item;
    }
    const emergency = lines.filter((line) => line.kind === "emergency" || line.kind === "crisis").pop();
    if (emergency) this.card.show(emergency.kind, { offline: !reachable });
    this.typing.hidden = !(busy && reachable);
    this.#connection(reachable, unsent.length);
    this.#checkOffline();
    if (atEnd) this.#scrollToNewest(emergency);
  }

  /** Down to the end, but never past the first words of the newest emergency message. */
  #scrollToNewest(emergency) {
    const item = emergency && this.items.get(emergency.key);
    const end = this.scroller.scrollHeight;
    const answered = this.conversation.lines.some(
      (line) => emergency && line.author === "patient" && line.number > emergency.number,
    );
    this.scroller.scrollTop = item && !answered ? item.offsetTop - this.scroller.offsetTop - 8 : end;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 80;
  }

  #item(one) {
    const item = make("li", { class: `message ${one.author} ${one.kind || ""}`.trim() });
    const who = { patient: "You", nurse: "Nurse", bot: "Symptom check" }[one.author];
    const bubble = make("div", { class: "bubble" });
    if (one.author === "patient") bubble.append(make("p", { text: one.text }));
    else bubble.append(...nodesFor(one.text || ""));
    const about = make("p", { class: "about" }, make("span", { class: "who", text: who }), " ");
    about.append(
      make("time", { datetime: new Date(one.at).toISOString(), text: timeText(one.at) }),
      make("span", { class: "state" }),
    );
    item.append(about, bubble);
    this.items.set(one.key, item);
    return item;
  }

  /** Bring a message's delivery state and quick replies up to date. */
  #mark(item, one, { last, question }) {
    const texts = {
      sending: "Sending",
      sent: "Sent",
      waiting: "Not sent yet",
      refused: "Not sent",
    };
    const state = item.querySelector(".state");
    const text = texts[one.state] || "";
    if (state.textContent !== text) state.textContent = text;
    item.classList.toggle("unsent", one.state === "waiting" || one.state === "refused");
    const retry = one.state === "waiting" && last;
    this.#offer(item, ".retry", retry, () => this.#retryButton());
    this.#offer(item, ".replies", question, () => this.#replies(one.buttons));
  }

  #offer(item, selector, wanted, build) {
    const there = item.querySelector(selector);
    if (wanted && !there) item.append(build());
    if (!wanted && there) there.remove();
  }

  #retryButton() {
    const button = make("button", { class: "quiet retry", type: "button", text: "Try again now" });
    button.addEventListener("click", () => {
      this.text.focus();
      this.conversation.retry();
    });
    return button;
  }

  #replies(buttons) {
    const group = make("div", { class: "replies", role: "group", "aria-label": "Suggested answers" });
    for (const { title, payload } of buttons) {
      const button = make("button", { class: "reply", type: "button", text: title });
      button.addEventListener("click", () => this.#send(payload || title));
      group.append(button);
    }
    return group;
  }

  #connection(reachable, unsent) {
    const keeps = unsent ? " What you wrote is kept and goes out once when you are back." : "";
    const phone = this.card.shown ? "" : " You can still phone the number above.";
    const text = reachable ? "" : `No connection.${keeps}${phone}`;
    this.#say(text || this.notice || "");
  }

  #say(text) {
    if (this.banner.textContent !== text) this.banner.textContent = text;
  }

  #announce(line) {
    this.notice = "";
    if (line.author === "patient") return;
    const who = line.author === "nurse" ? "Nurse" : "Symptom check";
    const choices = line.buttons?.length
      ? ` Suggested answers: ${line.buttons.map((button) => button.title).join(", ")}.`
      : "";
    this.heard.append(make("p", { text: `${who}: ${line.text || ""}${choices}` }));
    while (this.heard.childElementCount > 5) this.heard.firstChild.remove();
  }

  #notice(text) {
    this.notice = text;
    this.#say(text);
  }
}

customElements.define("b12-symptom-check", SymptomCheck);
