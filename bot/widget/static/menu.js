// What she may do with the whole conversation: keep a copy, begin anew, delete it.
import { icon, make } from "./words.js";

const DOTS = "M12 5h.01M12 12h.01M12 19h.01";

/** A button that opens a list of actions: {text: function}. Escape and a click elsewhere close it. */
export class Menu {
  constructor(actions) {
    this.button = make(
      "button",
      { class: "tool", type: "button", "aria-label": "More", "aria-haspopup": "menu", "aria-expanded": "false" },
      icon(DOTS),
    );
    this.list = make("div", { class: "menu", role: "menu", "aria-label": "More", hidden: true });
    for (const [text, act] of Object.entries(actions)) {
      const item = make("button", { type: "button", role: "menuitem", tabindex: "-1", text });
      item.addEventListener("click", () => {
        this.close();
        act();
      });
      this.list.append(item);
    }
    this.element = make("div", { class: "more" }, this.button, this.list);
    this.button.addEventListener("click", () => (this.list.hidden ? this.#open() : this.close()));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.element.contains(relatedTarget)) this.#hide();
    });
  }

  close() {
    this.#hide();
    this.button.focus();
  }

  #open() {
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.list.firstChild.focus();
  }

  #hide() {
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
  }

  #key(event) {
    if (this.list.hidden) return;
    const items = [...this.list.children];
    const at = items.indexOf(event.target);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") this.close();
    else if (next === undefined) return;
    else items.at(next % items.length).focus();
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * Ask before something that cannot be undone. ``act`` may return a text that says why it failed, which
 * is then shown; ``back`` gets the focus when nothing was done, ``next`` when it was.
 */
export function ask(shadow, { title, text, yes, no, act, back, next }) {
  const failure = make("p", { class: "failure", role: "alert" });
  const leave = make("button", { class: "send", type: "button", text: yes });
  const dialog = make(
    "dialog",
    { class: "question", "aria-labelledby": "ask", "aria-describedby": "about" },
    make("h2", { id: "ask", text: title }),
    make("p", { id: "about", text }),
    failure,
  );
  const stay = make("button", { class: "quiet", type: "button", text: no, autofocus: true });
  dialog.append(make("div", { class: "choices" }, stay, leave));
  const end = () => {
    dialog.close();
    dialog.remove();
  };
  const cancel = () => {
    end();
    back.focus();
  };
  stay.addEventListener("click", cancel);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    event.stopPropagation();
    cancel();
  });
  leave.addEventListener("click", async () => {
    leave.disabled = true;
    const failed = await act();
    leave.disabled = false;
    if (!failed) {
      end();
      next.focus();
      return;
    }
    failure.textContent = failed;
    stay.focus();
  });
  shadow.append(dialog);
  dialog.showModal();
}
