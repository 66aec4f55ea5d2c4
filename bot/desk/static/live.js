// Keeps a page live: fetches its changing part on each event and replaces the regions that changed.
import { showTimes } from "./clocks.js";
import { isMuted, soundAlarm, soundNotice } from "./sound.js";

const SILENCE_BEFORE_LOST = 25000;
// The conversation of an open alert grows without any event of care.
const LOOK_AT_CONVERSATION_EVERY = 4000;

const body = document.body;
const part = document.getElementById("part");
const byId = (id) => document.getElementById(id);

// ---- the title ---------------------------------------------------------------------------------
function waitingCount() {
  const counts = [...document.querySelectorAll("[data-count]")];
  if (counts.length) {
    return counts
      .filter((count) => !isMuted(count.dataset.count))
      .reduce((sum, count) => sum + Number(count.dataset.number), 0);
  }
  return [...document.querySelectorAll("[data-waiting='yes']")]
    .filter((element) => !isMuted(element.dataset.level)).length;
}

function showTitle() {
  if (body.dataset.title) {
    const count = waitingCount();
    document.title = (count ? `(${count}) ` : "") + body.dataset.title;
  }
}

// ---- the changing part -------------------------------------------------------------------------
const shown = new Map();
let mark = "";
let running = null;
let again = false;

function remember() {
  for (const region of part.querySelectorAll("[data-region]")) {
    shown.set(region.id, region.innerHTML);
  }
}

// What the nurse has typed, chosen, opened or scrolled to in a region, to put it back afterwards.
function keep(region) {
  const fields = [...region.querySelectorAll("input[id], textarea[id], select[id]")].map((field) => ({
    id: field.id,
    value: field.value,
    isChecked: field.checked,
    isChanged: field.tagName === "SELECT" ? field.value !== "" : field.value !== field.defaultValue,
  }));
  const open = [...region.querySelectorAll("details[id][open]")].map((details) => details.id);
  const boxes = [...region.querySelectorAll("[data-scroll-end]")].map((box) => ({
    isAtEnd: box.scrollHeight - box.scrollTop - box.clientHeight < 40, top: box.scrollTop,
  }));
  const active = region.contains(document.activeElement) ? document.activeElement : null;
  const start = active && "selectionStart" in active ? active.selectionStart : null;
  return { fields, open, boxes, activeId: active ? active.id : "", start };
}

function putBack(region, kept) {
  for (const { id, value, isChecked, isChanged } of kept.fields) {
    const field = byId(id);
    if (field && field.type === "radio") {
      field.checked = isChecked;
    } else if (field && isChanged) {
      field.value = value;
    }
  }
  for (const id of kept.open) {
    if (byId(id)) {
      byId(id).open = true;
    }
  }
  region.querySelectorAll("[data-scroll-end]").forEach((box, index) => {
    const before = kept.boxes[index];
    box.scrollTop = !before || before.isAtEnd ? box.scrollHeight : before.top;
  });
  const active = kept.activeId && byId(kept.activeId);
  if (active) {
    active.focus({ preventScroll: true });
    if (kept.start !== null && "setSelectionRange" in active) {
      active.setSelectionRange(kept.start, kept.start);
    }
  }
}

function replace(html) {
  const made = new DOMParser().parseFromString(html, "text/html");
  const known = new Set([...part.querySelectorAll("[data-alert]")].map((e) => e.dataset.alert));
  const regions = [...made.querySelectorAll("[data-region]")];
  const now = [...part.querySelectorAll("[data-region]")];
  const isSame = regions.length === now.length && regions.every((each, i) => each.id === now[i].id);
  if (!isSame) {
    const kept = keep(part);
    part.replaceChildren(...made.body.childNodes);
    putBack(part, kept);
    remember();
  } else {
    for (const region of regions) {
      const here = byId(region.id);
      const content = region.innerHTML;
      if (shown.get(region.id) !== content) {
        const kept = keep(here);
        here.replaceChildren(...region.childNodes);
        putBack(here, kept);
        shown.set(region.id, content);
      }
    }
  }
  for (const row of part.querySelectorAll(".row[data-alert]")) {
    row.classList.toggle("is-new", !known.has(row.dataset.alert));
  }
  showTimes();
  showTitle();
}

async function fetchPart() {
  try {
    const headers = { "X-Desk-Part": "1", ...(mark ? { "If-None-Match": mark } : {}) };
    const answer = await fetch(body.dataset.part, { headers, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) {
      signedOut();
    } else if (answer.status === 200) {
      mark = answer.headers.get("ETag") || "";
      replace(await answer.text());
    }
  } catch {
    showLink("lost");
  }
}

async function fetchUntilQuiet() {
  do {
    again = false;
    await fetchPart();
  } while (again);
}

// Resolves when the page shows what was there at the moment of the call, or later.
function refresh() {
  if (!part || !body.dataset.part) {
    return Promise.resolve();
  }
  if (running) {
    again = true;
  } else {
    running = fetchUntilQuiet().finally(() => { running = null; });
  }
  return running;
}

// Many desks hear of the same event: those that only watch spread their questions a little.
let pending = null;

function refreshSoon(isUrgent) {
  if (isUrgent) {
    return refresh();
  }
  pending = pending || new Promise((done) => {
    setTimeout(() => {
      pending = null;
      refresh().then(done);
    }, Math.random() * 400);
  });
  return pending;
}

// ---- live updates ------------------------------------------------------------------------------
let lastSign = Date.now();
let source = null;

function showLink(state) {
  const texts = { live: "Live", lost: "Not connected", connecting: "Connecting" };
  byId("link-state").dataset.state = state;
  byId("link-text").textContent = texts[state];
  const lost = byId("lost");
  if (state === "live") {
    lost.hidden = true;
    lost.textContent = "";
  } else if (state === "lost" && lost.hidden) {
    lost.textContent = "Not connected: new alerts do not appear here now. Trying again.";
    lost.hidden = false;
  }
}

function signedOut() {
  source?.close();
  showLink("lost");
  byId("lost").textContent = "You are signed out: new alerts do not appear here. ";
  const link = document.createElement("a");
  link.href = "/desk/sign-in";
  link.textContent = "Sign in again";
  link.className = "banner-link";
  byId("lost").append(link);
}

function heard() {
  lastSign = Date.now();
  showLink("live");
}

const DONE_BY_COLLEAGUES = {
  "acknowledged": "has acknowledged",
  "assigned": "has given away",
  "taken over": "has taken over",
  "handed back": "has handed back",
  "level lowered": "has lowered",
  "episode closed": "has resolved",
  "note added": "has added a note to",
};

function announce(change) {
  const isEmergency = change.level === "EMERGENCY_NOW";
  if (change.action === "alert raised" || change.action === "level raised") {
    byId(isEmergency ? "announce-now" : "announce").textContent =
      `${change.level_name}: patient ${change.patient}`;
    if (!isEmergency) {
      soundNotice(change.level);
    }
  } else if (body.dataset.alert === change.alert && DONE_BY_COLLEAGUES[change.action]) {
    byId("announce").textContent =
      `${change.actor} ${DONE_BY_COLLEAGUES[change.action]} this alert`;
  } else if (body.dataset.alert === change.alert && change.action === "message added") {
    byId("announce").textContent = "She wrote again";
  }
}

function listen() {
  source = new EventSource("/desk/events");
  // After each connection the part is fetched anew, so nothing is missed in between.
  source.addEventListener("ready", () => { heard(); refresh(); });
  source.addEventListener("alive", heard);
  source.addEventListener("signed-out", signedOut);
  source.addEventListener("alert", async (event) => {
    heard();
    const change = JSON.parse(event.data);
    announce(change);
    if (body.dataset.page === "queue" || body.dataset.alert === change.alert) {
      await refreshSoon(change.level === "EMERGENCY_NOW" || body.dataset.alert === change.alert);
      soundAlarm();
    }
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      signedOut();
    } else {
      // The browser connects again by itself; a question now shows whether the service is there.
      setTimeout(refresh, 1500);
    }
  });
}

// ---- writing to the patient --------------------------------------------------------------------
function newPress() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(16)).join("");
}

function sendWithoutLeaving() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.classList.contains("composer")) {
      return;
    }
    event.preventDefault();
    if (form.dataset.busy) {
      return;
    }
    form.dataset.busy = "yes";
    // The same for every attempt to send these words, so that they arrive once.
    form.elements.press.value = form.elements.press.value || newPress();
    const words = form.elements.text.value;
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual",
    }).catch(() => null);
    delete form.dataset.busy;
    if (answer === null) {
      byId("announce-now").textContent = "Not sent: no connection. Your words are still here.";
      showLink("lost");
    } else if (answer.type === "opaqueredirect") {
      // A live update may have put another form in its place while this one was sent.
      const now = document.querySelector("form.composer");
      if (now && now.elements.text.value === words) {
        now.elements.text.value = "";
      }
      if (now) {
        now.elements.press.value = newPress();
      }
      await refresh();
    } else {
      // Somebody was first, or the form has expired: the page that comes back says it.
      form.submit();
    }
  });
}

export function follow() {
  if (part) {
    remember();
    for (const box of part.querySelectorAll("[data-scroll-end]")) {
      box.scrollTop = box.scrollHeight;
    }
  }
  showTitle();
  listen();
  sendWithoutLeaving();
  document.addEventListener("desk-changed", showTitle);
  setInterval(() => {
    if (Date.now() - lastSign > SILENCE_BEFORE_LOST) {
      showLink("lost");
    }
  }, 2000);
  if (body.dataset.alert) {
    setInterval(() => {
      if (!document.hidden) {
        refresh();
      }
    }, LOOK_AT_CONVERSATION_EVERY);
  }
}
