// The conversation, without any page: what was said, what is not sent yet, and what this device keeps.
import { Connection } from "./connection.js";

const KEPT = "b12-symptom-check";
const WAITS = [1_000, 2_000, 4_000, 8_000, 15_000];
const REFRESH_EVERY = 3600_000;
const STREAM_AGAIN_AFTER = 300_000;

/**
 * Events: "change" when lines, unsent messages or the connection changed; "line" (detail: line) for
 * each line that is new since the page was opened; "notice" (detail: text) when the service has
 * something to say about a message.
 */
export class Conversation extends EventTarget {
  constructor(service) {
    super();
    this.connection = new Connection(service);
    this.reachable = navigator.onLine;
    this.attempt = 0;
    this.generation = 0;
    this.ours = new Set();
    this.seen = new Set();
    Object.assign(this, { lines: [], unsent: [], draft: "", last: 0, busy: false });
  }

  /** Take up what this device kept, and the history of the conversation it belongs to. */
  async start() {
    const kept = load();
    this.#adopt(kept);
    this.draft = kept.draft || "";
    this.unsent = (kept.unsent || []).map((message) => ({ ...message, state: "waiting" }));
    this.unsent.forEach(({ id }) => this.ours.add(id));
    addEventListener("storage", (event) => this.#otherTab(event));
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.#setReachable(false));
    setInterval(() => this.#refresh(), REFRESH_EVERY);
    this.#changed();
    this.#pump();
    await this.#restore();
  }

  /** Take a message and send it: once, however often it has to be tried. */
  send(text) {
    const id = newId();
    this.ours.add(id);
    this.unsent.push({ id, text, at: Date.now(), state: this.#sendingState() });
    this.draft = "";
    this.#save();
    this.#changed();
    this.#pump();
  }

  /** Try everything unsent again now. */
  retry() {
    this.wakeUp?.();
    this.#pump();
  }

  /** Keep what is being written, so that a reload loses nothing. */
  keepDraft(text) {
    this.draft = text;
    this.#save();
  }

  /** Forget this conversation on this device and begin a new one. */
  restart() {
    this.#leave({});
    this.#save();
    this.#changed();
  }

  /** Delete the conversation at the service and on this device; throws when that fails. */
  async erase() {
    if (this.connection.token) await this.connection.erase();
    this.restart();
  }

  #adopt({ token = "", expires = 0, conversation = "" }) {
    Object.assign(this.connection, { token, expires, conversation });
  }

  #leave(kept) {
    this.generation += 1;
    this.listening?.abort();
    Object.assign(this, { lines: [], unsent: [], draft: "", last: 0, busy: false });
    this.seen.clear();
    this.#adopt(kept);
  }

  /** A chat begun, left or renewed in another tab is so in this one. */
  #otherTab({ key, newValue }) {
    if (key !== KEPT) return;
    const kept = JSON.parse(newValue || "{}");
    if ((kept.conversation || "") === this.connection.conversation) {
      this.#adopt(kept);
      return;
    }
    if (this.connection.token) this.#leave(kept);
    this.#adopt(kept);
    this.#changed();
    this.#restore();
  }

  /** Show what has been said so far, then listen. */
  async #restore() {
    if (!this.connection.token) return;
    const generation = this.generation;
    this.restoring = true;
    try {
      await this.connection.refresh();
      this.#save();
      const lines = await this.connection.history(this.last);
      if (generation !== this.generation) return;
      lines.forEach((line) => this.#add(line));
      this.#setReachable(true);
    } catch (error) {
      if (generation !== this.generation) return;
      if (!this.#isOver(error)) this.#setReachable(false);
    } finally {
      this.restoring = false;
    }
    if (this.connection.token && generation === this.generation) this.#listen();
  }

  /** Whether the service knows this conversation no more; the next message begins another. */
  #isOver(error) {
    if (error.status !== 401 && error.status !== 410) return false;
    this.connection.forget();
    this.last = 0;
    if (error.status === 410) {
      this.lines = [];
      this.#notice(error.text);
    }
    this.#save();
    this.#changed();
    return true;
  }

  async #pump() {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.unsent.some((message) => message.state !== "refused")) {
        const message = this.unsent.find((one) => one.state !== "refused");
        const wait = await this.#deliver(message);
        if (wait) await this.#pause(wait);
      }
    } finally {
      this.pumping = false;
    }
  }

  /** Returns the milliseconds to wait before the next try, 0 when the message is done with. */
  async #deliver(message) {
    const generation = this.generation;
    message.state = this.#sendingState();
    this.busy = true;
    this.#changed();
    try {
      if (await this.connection.refresh()) {
        this.#save();
        if (!this.listening || this.listening.signal.aborted) this.#listen();
      }
      const { answers } = await this.connection.send(message.id, message.text);
      if (generation !== this.generation) return 0;
      this.#setReachable(true);
      this.#remove(message);
      this.#add({ number: 0, author: "patient", text: message.text, at: message.at, id: message.id });
      answers.forEach((line) => this.#add(line));
      return 0;
    } catch (error) {
      return generation === this.generation ? this.#failed(message, error) : 0;
    } finally {
      this.busy = false;
      this.#save();
      this.#changed();
    }
  }

  #failed(message, error) {
    message.state = "waiting";
    if (this.#isOver(error)) {
      this.listening?.abort();
      return 50;
    }
    if (error.status === 409) {
      message.id = newId();
      this.ours.add(message.id);
      return 50;
    }
    if (error.status === 413 || error.status === 400) {
      message.state = "refused";
      this.#notice(error.text);
      return 0;
    }
    if (error.text) this.#notice(error.text);
    if (error.status !== 429 && error.status !== 503) this.#setReachable(false);
    return error.wait || this.#nextWait();
  }

  /** Tries while nothing can be reached are not worth a flicker. */
  #sendingState() {
    return this.reachable ? "sending" : "waiting";
  }

  async #refresh() {
    if (!this.connection.token) return;
    try {
      if (await this.connection.refresh()) this.#save();
    } catch (error) {
      this.#isOver(error);
    }
  }

  /** Live updates: a stream, and long polls for a while where something holds the stream back. */
  async #listen() {
    this.listening?.abort();
    const stop = (this.listening = new AbortController());
    let streamAfter = 0;
    while (!stop.signal.aborted && this.connection.token) {
      const streaming = Date.now() >= streamAfter;
      try {
        const heard = streaming ? await this.#stream(stop.signal) : await this.#poll(stop.signal);
        if (streaming && !heard) streamAfter = Date.now() + STREAM_AGAIN_AFTER;
      } catch (error) {
        if (stop.signal.aborted || this.#isOver(error)) return;
        // Perhaps only the stream does not get through: a poll tells.
        streamAfter = streaming ? Date.now() + STREAM_AGAIN_AFTER : 0;
        if (streaming) continue;
        if (!error.status) this.#setReachable(false);
        await this.#pause(this.#nextWait());
      }
    }
  }

  async #poll(stopped) {
    const lines = await this.connection.poll(this.last);
    if (!stopped.aborted) lines.forEach((line) => this.#add(line));
    this.#setReachable(true);
    return true;
  }

  #stream(stopped) {
    const heard = (line) => {
      this.#setReachable(true);
      if (line) this.#add(line);
    };
    return this.connection.stream(this.last, heard, stopped);
  }

  #add(line) {
    const key = line.id || (line.number ? `line ${line.number}` : newId());
    this.last = Math.max(this.last, line.number);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    line.key = key;
    const sent = this.unsent.find((message) => message.id === line.id);
    if (sent) this.#remove(sent);
    const place = this.lines.findIndex((one) => line.number && one.number > line.number);
    if (place < 0) this.lines.push(line);
    else this.lines.splice(place, 0, line);
    this.#changed();
    if (!this.restoring) this.dispatchEvent(new CustomEvent("line", { detail: line }));
  }

  #remove(message) {
    this.unsent = this.unsent.filter((one) => one !== message);
    this.#save();
  }

  #setReachable(reachable) {
    if (reachable) this.attempt = 0;
    if (reachable === this.reachable) return;
    this.reachable = reachable;
    this.#changed();
    if (reachable) this.retry();
  }

  #nextWait() {
    const wait = WAITS[Math.min(this.attempt, WAITS.length - 1)];
    this.attempt += 1;
    return wait;
  }

  /** Wait, but not when the network comes back or she asks to try again. */
  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const before = this.wakeUp;
      this.wakeUp = () => {
        before?.();
        clearTimeout(timer);
        this.wakeUp = undefined;
        resolve();
      };
    });
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  #notice(text) {
    this.dispatchEvent(new CustomEvent("notice", { detail: text }));
  }

  #save() {
    const others = (load().unsent || []).filter(({ id }) => !this.ours.has(id));
    const mine = this.unsent.map(({ id, text, at }) => ({ id, text, at }));
    const { token, expires, conversation } = this.connection;
    const kept = { token, expires, conversation, draft: this.draft, unsent: [...others, ...mine] };
    try {
      localStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing still chats; only a reload starts anew.
    }
  }
}

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) || {};
  } catch {
    return {};
  }
}

/** 128 random bits; crypto.randomUUID is missing on pages without TLS. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
