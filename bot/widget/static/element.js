// <b12-symptom-check>: the chat as it is seen, heard and used with a keyboard.
import { FIRST_LOOK, STARTERS } from "./bundled.js";
import { EmergencyCard, saysCalled } from "./card.js";
import { Conversation } from "./conversation.js";
import { redFlag } from "./emergency.js";
import { Log } from "./log.js";
import { Menu, ask } from "./menu.js";
import { style } from "./style.js";
import { asText, copy, print, save } from "./transcript.js";
import { icon, make, nodesFor, who } from "./words.js";

const LONGEST = 4000;
/** An emergency older than this is history: the card comes back only with a new one. */
const CARD_HOURS = 24;
const OPEN = "b12-symptom-check-open";
const HEART =
  "M12 20.500C6.500 16.500 3 13.300 3 9.300 3 6.400 5.200 4.500 7.700 4.500c1.800 0 3.400 1 4.300 2.600.9-1.600 2.500-2.600 4.300-2.600C18.800 4.500 21 6.400 21 9.300c0 4-3.500 7.200-9 11.200z";
const CROSS = "M6 6l12 12M18 6 6 18";
const ARROW = "M12 19V5M6 11l6-6 6 6";
const CHEVRON = "M9 5l7 7-7 7";

/** Whether a nurse wrote this line; that she has come or gone is no line of hers. */
const byNurse = ({ author, kind }) => author === "nurse" && kind !== "presence";

class SymptomCheck extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [style()];
    this.service = new URL(this.getAttribute("service") || "/chat/", document.baseURI).href;
    this.name = this.getAttribute("heading") || "Symptom check";
    this.conversation = new Conversation(this.service);
    this.unread = 0;
    this.ofNurse = 0;
    this.#build(shadow);
    this.conversation.addEventListener("change", () => this.#show());
    this.conversation.addEventListener("line", ({ detail }) => this.#announce(detail));
    this.conversation.addEventListener("notice", ({ detail }) => this.#notice(detail));
    this.conversation.start();
    this.text.value = this.conversation.draft;
    this.#typed();
    if (this.launcher && (kept(OPEN) || this.hasAttribute("open"))) this.#open({ focus: false });
  }

  /** Open the chat, for a link or button of the host page. */
  open() {
    if (this.launcher) this.#open({ focus: true });
    else this.text.focus();
  }

  /** Close the chat and give the focus back to the button that opens it. */
  close() {
    if (!this.launcher) return;
    this.panel.close();
    this.panel.classList.remove("modal");
    this.launcher.hidden = false;
    this.launcher.focus();
    keep(OPEN, "");
  }

  #build(shadow) {
    this.card = new EmergencyCard(this.getAttribute("region"), { reply: (text) => this.#send(text) });
    this.log = new Log({
      reply: (text) => this.#send(text),
      retry: () => {
        this.text.focus();
        this.conversation.retry();
      },
      address: this.service,
    });
    this.scroller = make(
      "div",
      { class: "scroller", role: "region", "aria-label": "Conversation", tabindex: "0" },
      this.#firstLook(),
      this.log.element,
    );
    this.typing = make("p", { class: "typing", hidden: true });
    this.typing.append(make("span", { class: "dots", "aria-hidden": "true" }), "Reading your message");
    this.scroller.append(this.typing);
    this.banner = make("div", { class: "banner", role: "status" });
    this.heard = make("div", { class: "heard", "aria-live": "polite" });
    const chat = make(
      "section",
      { class: "chat", "aria-label": `${this.name} chat` },
      this.#head(),
      this.card.element,
      this.banner,
      this.scroller,
      this.heard,
      this.#form(),
    );
    if (!this.hasAttribute("launcher")) {
      shadow.append(chat);
      return;
    }
    this.launcher = make("button", { class: "launcher", type: "button", "aria-haspopup": "dialog" }, icon(HEART));
    this.launcherText = make("span", { text: this.getAttribute("label") || this.name });
    this.badge = make("span", { class: "badge", hidden: true });
    this.launcher.append(this.launcherText, this.badge);
    this.launcher.addEventListener("click", () => this.open());
    this.panel = make("dialog", { class: "panel", "aria-label": this.name }, chat);
    this.panel.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
    shadow.append(this.launcher, this.panel);
  }

  /** What this is, and ways to begin: these go with her first message. */
  #firstLook() {
    const [hello, ...scope] = nodesFor(FIRST_LOOK);
    this.starters = make("div", { class: "starters", role: "group", "aria-label": "Ways to begin" });
    for (const { title, payload } of STARTERS) {
      const button = make("button", { class: "starter", type: "button", text: title });
      button.append(icon(CHEVRON));
      button.addEventListener("click", () => this.#send(payload));
      this.starters.append(button);
    }
    return make("div", { class: "first" }, hello, this.starters, make("div", { class: "scope" }, ...scope));
  }

  #head() {
    this.menu = new Menu({
      "Copy the chat": () => this.#copy(),
      "Save as a file": () => save(this.#transcript(), "symptom-check.txt"),
      Print: () => print(this.conversation.lines, this.name, this.shadowRoot),
      "New chat": () => this.#askToRestart(),
      "Delete my chat": () => this.#askToErase(),
    });
    this.status = make("p", { class: "status" });
    const head = make(
      "div",
      { class: "head" },
      make("span", { class: "mark" }, icon(HEART)),
      make("div", { class: "title" }, make("h2", { text: this.name }), this.status),
      this.menu.element,
    );
    if (this.hasAttribute("launcher")) {
      const close = make("button", { class: "tool", type: "button", "aria-label": "Close the chat" }, icon(CROSS));
      close.addEventListener("click", () => this.close());
      head.append(close);
    }
    return head;
  }

  #form() {
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
    const send = make("button", { class: "send round", "aria-label": "Send" }, icon(ARROW));
    const form = make(
      "form",
      {},
      make("label", { for: "text", text: "Your message" }),
      make("div", { class: "line" }, this.text, send),
      make("p", { class: "hint", id: "hint", text: "Enter sends. Shift and Enter begin a new line." }),
      this.count,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    return form;
  }

  #open({ focus }) {
    if (this.panel.open) return;
    // Where the chat covers the page, nothing behind it may get the focus.
    const covers = matchMedia("(max-width: 30rem), (max-height: 30rem)").matches;
    this.panel.classList.toggle("modal", covers);
    if (covers) this.panel.showModal();
    else this.panel.show();
    this.launcher.hidden = true;
    this.#read();
    keep(OPEN, "yes");
    this.#typed();
    this.#scrollToNewest();
    if (focus) this.text.focus();
    else if (!covers) document.activeElement?.blur();
  }

  #askToRestart() {
    ask(this.shadowRoot, {
      title: "Start a new chat?",
      text: "This chat will be removed from this device. A nurse can still read it.",
      yes: "Start a new chat",
      no: "Keep this chat",
      back: this.menu.button,
      next: this.text,
      act: () => this.#restart(),
    });
  }

  #askToErase() {
    ask(this.shadowRoot, {
      title: "Delete this chat?",
      text:
        "It will be deleted on this device and at the service. Some health records must be kept by " +
        "law: what a nurse was told stays with your care team.",
      yes: "Delete",
      no: "Keep this chat",
      back: this.menu.button,
      next: this.text,
      act: async () => {
        try {
          await this.conversation.erase();
        } catch (error) {
          return error.text || "It could not be deleted: there is no connection. Please try again.";
        }
        this.#restart();
        this.#notice("Your chat was deleted. In an emergency, do not write here: call.");
        return "";
      },
    });
  }

  #restart() {
    this.conversation.restart();
    this.card.hide();
    this.text.value = "";
    this.#notice("");
    this.#typed();
  }

  #transcript() {
    return asText(this.conversation.lines, this.name);
  }

  async #copy() {
    const done = await copy(this.#transcript(), this.heard);
    this.menu.button.focus();
    this.#notice(done ? "The chat was copied." : "The chat could not be copied. Save it as a file.");
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
    this.notice = "";
    this.conversation.send(text);
    this.scroller.scrollTop = this.scroller.scrollHeight;
    if (!matchMedia("(pointer: coarse)").matches) this.text.focus();
    // The button that was pressed may be gone, and a phone's keyboard would hide the answer.
    else if (this.shadowRoot.activeElement !== this.text) this.scroller.focus({ preventScroll: true });
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
    if (kind) this.card.show({ kind, called: unsent.some(saysCalled) });
  }

  #show() {
    const { lines, unsent, reachable, busy } = this.conversation;
    const atEnd = this.#isAtEnd();
    const begun = lines.length + unsent.length > 0 || Boolean(this.conversation.connection.token);
    this.starters.hidden = begun;
    this.scroller.classList.toggle("new", !begun);
    this.log.show(lines, unsent);
    const nurse = lines.filter((line) => line.kind === "presence").pop()?.name;
    this.status.textContent = nurse ? `${who({ author: "nurse", name: nurse })} is here` : "Automated, day and night";
    this.status.classList.toggle("nurse", Boolean(nurse));
    const emergency = this.#emergency();
    if (emergency) {
      const written = [...lines, ...unsent.map((message) => ({ ...message, author: "patient", number: Infinity }))];
      const called = written.some(
        ({ author, number, text }) =>
          author === "patient" && (!number || number > emergency.number) && saysCalled(text),
      );
      this.card.show({ kind: emergency.kind, text: emergency.text, called });
    } else if (reachable && !busy && !unsent.length && !redFlag(this.text.value)) {
      // What was only suspected without a network has been read by the service now.
      this.card.hide();
    }
    this.typing.hidden = !(busy && reachable);
    this.#connection(reachable, unsent.length);
    this.#checkOffline();
    const ofNurse = lines.filter(byNurse).length;
    // What a nurse writes is seen, wherever she has been reading.
    if (atEnd || ofNurse > this.ofNurse) this.#scrollToNewest(emergency);
    this.ofNurse = ofNurse;
  }

  #emergency() {
    const since = Date.now() - CARD_HOURS * 3600_000;
    const found = this.conversation.lines
      .filter(({ kind, at }) => /^(emergency|crisis|emergency_over)$/.test(kind) && at > since)
      .pop();
    return found?.kind === "emergency_over" ? undefined : found;
  }

  /** Down to the end, but not past the first words of an emergency before she or a nurse writes. */
  #scrollToNewest(emergency = this.#emergency()) {
    if (this.scroller.classList.contains("new")) return;
    const item = emergency && this.log.item(emergency.key);
    const answered = this.conversation.lines.some(
      (line) =>
        emergency && line.number > emergency.number && (line.author === "patient" || byNurse(line)),
    );
    this.scroller.scrollTop =
      item && !answered ? item.offsetTop - 8 : this.scroller.scrollHeight;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 80;
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
    if (line.author === "patient" || !(line.text || line.name)) return;
    this.notice = "";
    if (this.launcher && !this.panel.open) this.#count();
    // The card has said it already, and at once.
    if (line.kind === "emergency" || line.kind === "crisis") return;
    const choices = line.buttons?.length
      ? ` Suggested answers: ${line.buttons.map((button) => button.title).join(", ")}.`
      : "";
    const said = line.kind === "presence" ? "is in this chat now" : line.text;
    this.heard.append(make("p", { text: `${who(line)}: ${said}${choices}` }));
    while (this.heard.childElementCount > 5) this.heard.firstChild.remove();
  }

  /** Messages that came while the chat was closed. */
  #count() {
    this.unread += 1;
    this.badge.hidden = false;
    this.badge.textContent = this.unread;
    this.launcher.setAttribute("aria-label", `${this.launcherText.textContent}, ${this.unread} new`);
  }

  #read() {
    this.unread = 0;
    this.badge.hidden = true;
    this.launcher.removeAttribute("aria-label");
  }

  #notice(text) {
    this.notice = text;
    this.#say(text);
  }
}

function kept(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return "";
  }
}

function keep(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // Without storage the chat is closed on the next page; nothing else changes.
  }
}

customElements.define("b12-symptom-check", SymptomCheck);
