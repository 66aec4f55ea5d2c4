// Single-letter keys. They can be switched off, because speech input and a slip of the hand press
// letters too (WCAG 2.1.4).

const PREFERENCE = "desk-keys-off";
const PAGES = { q: "/desk", i: "/desk/insight", u: "/desk/audit", c: "/desk/accounts" };

const areOff = () => localStorage.getItem(PREFERENCE) === "yes";

function isTyping(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function move(step) {
  const links = [...document.querySelectorAll(".row-link")];
  if (links.length) {
    const place = links.indexOf(document.activeElement);
    const next = place < 0 ? (step > 0 ? 0 : links.length - 1) : place + step;
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
  }
}

function goTo(letter) {
  if (document.querySelector(`[data-go='${letter}']`)) {
    location.assign(PAGES[letter]);
  }
}

function focus(id) {
  const field = document.getElementById(id);
  if (field) {
    field.focus();
    field.scrollIntoView({ block: "center" });
  }
  return field !== null;
}

// Opens the panel of an action or goes to its button. It never presses the button: one stray letter
// must not acknowledge or resolve anything.
function act(letter) {
  const place = document.querySelector(`[data-key='${letter}']`);
  if (!place) {
    return false;
  }
  if (place.tagName === "DETAILS") {
    place.open = true;
    place.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
  } else {
    place.focus();
  }
  place.scrollIntoView({ block: "center" });
  return true;
}

let leader = 0;

function press(key) {
  if (Date.now() - leader < 1200 && key in PAGES) {
    leader = 0;
    goTo(key);
    return true;
  }
  leader = key === "g" ? Date.now() : 0;
  if (key === "?") {
    document.getElementById("help")?.showModal();
    return true;
  }
  if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
    return true;
  }
  if (key === "/") {
    return focus("search");
  }
  if (key === "r") {
    return focus("reply") || act("t");
  }
  if (key === "n") {
    return focus("note");
  }
  return key.length === 1 && /[a-z]/.test(key) && act(key);
}

export function listenForKeys() {
  const off = document.getElementById("keys-off");
  if (off) {
    off.checked = areOff();
    off.addEventListener("change", () => {
      localStorage.setItem(PREFERENCE, off.checked ? "yes" : "no");
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter" && event.target.form) {
      event.target.form.requestSubmit();
      return;
    }
    const isFree = !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
    if (isFree && !areOff() && !document.querySelector("dialog[open]") && press(event.key)) {
      event.preventDefault();
    }
  });
}
