// The conversation with the service, without any page: session, unsent messages, live updates.

const KEPT = "b12-symptom-check";
const ANSWER_TIMEOUT = 40_000;
const SILENCE = 40_000;
const POLL_EVERY = 5_000;
const WAITS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Events: "change" when lines, unsent messages or the connection changed; "line" (detail: line) for
 * each line that is new since the page was opened; "notice" (detail: text) when the service has something to say about a message.
 */
export class Conversation extends EventTarget {
  constructor(service) {
    super();
    this.service = service;
    this.lines = [];
    this.unsent = [];
    this.reachable = navigator.onLine;
    this.busy = false;
    this.draft = "";
    this.token = "";
    this.seen = new Set();
    this.last = 0;
    this.attempt = 0;
    this.generation = 0;
    this.ours = new Set();
  }

  /** Take up what this device kept, and the history of the conversation it belongs to. */
  async start() {
    const kept = this.#load();
    this.token = kept.token || "";
    this.draft = kept.draft || "";
    this.unsent = (kept.unsent || []).map((message) => ({ ...message, state: "waiting" }));
    this.unsent.forEach(({ id }) => this.ours.add(id));
    addEventListener("storage", (event) => this.#otherTab(event));
    addEventListener("online", () => this.#retryNow());
    addEventListener("offline", () => this.#setReachable(false));
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
    this.#retryNow();
  }

  /** Keep what is being written, so that a reload loses nothing. */
  keepDraft(text) {
    this.draft = text;
    this.#save();
  }

  /** Forget this conversation on this device and begin a new one. */
  restart() {
    this.#leave("");
    this.#save();
    this.#changed();
  }

  #leave(token) {
    this.generation += 1;
    this.listening?.abort();
    Object.assign(this, { lines: [], unsent: [], token, draft: "", last: 0, busy: false });
    this.seen.clear();
  }

  /** A chat begun or left in another tab is begun or left in this one. */
  #otherTab({ key, newValue }) {
    if (key !== KEPT) return;
    const token = (newValue && JSON.parse(newValue).token) || "";
    if (token === this.token) return;
    if (this.token) this.#leave(token);
    this.token = token;
    this.#changed();
    this.#restore();
  }

  /** Show what has been said so far, then listen. */
  async #restore() {
    if (!this.token) return;
    const generation = this.generation;
    try {
      this.restoring = true;
      await this.#poll();
    } catch (error) {
      if (generation !== this.generation) return;
      if (error.message === "401") this.token = "";
      else this.#setReachable(false);
    } finally {
      this.restoring = false;
    }
    if (this.token && generation === this.generation) this.#listen();
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
      if (!this.token) await this.#newSession();
      const body = JSON.stringify({ id: message.id, text: message.text });
      const answer = await this.#ask("messages", { method: "POST", body }, ANSWER_TIMEOUT);
      if (generation !== this.generation) return 0;
      return await this.#delivered(message, answer);
    } catch (error) {
      if (generation !== this.generation) return 0;
      message.state = "waiting";
      this.#setReachable(false);
      return this.#nextWait();
    } finally {
      this.busy = false;
      this.#save();
      this.#changed();
    }
  }

  /** Tries while nothing can be reached are not worth a flicker. */
  #sendingState() {
    return this.reachable ? "sending" : "waiting";
  }

  async #delivered(message, answer) {
    const result = await answer.json();
    if (answer.ok) {
      this.#setReachable(true);
      this.#remove(message);
      if (!this.seen.has(message.id)) {
        this.#add({ number: 0, author: "patient", text: message.text, at: message.at, id: message.id });
      }
      result.answers.forEach((line) => this.#add(line));
      return 0;
    }
    if (answer.status === 401) {
      this.token = "";
      return 50;
    }
    if (answer.status === 409) {
      message.id = newId();
      this.ours.add(message.id);
      return 50;
    }
    if (answer.status === 413 || answer.status === 400) {
      message.state = "refused";
      this.#notice(result.message);
      return 0;
    }
    message.state = "waiting";
    if (result.message) this.#notice(result.message);
    if (answer.status !== 429 && answer.status !== 503) this.#setReachable(false);
    return Math.max(1, Number(answer.headers.get("Retry-After")) || 0) * 1000 || this.#nextWait();
  }

  async #newSession() {
    const answer = await this.#ask("session", { method: "POST" }, ANSWER_TIMEOUT);
    const result = await answer.json();
    if (!answer.ok) throw new Error(result.error);
    this.token = result.token;
    this.last = 0;
    this.#save();
    this.#listen();
  }

  #ask(path, options, timeout) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout);
    const headers = { "Content-Type": "application/json", ...options.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    return fetch(new URL(path, this.service), {
      cache: "no-store",
      credentials: "omit",
      signal: stop.signal,
      ...options,
      headers,
    }).finally(() => clearTimeout(timer));
  }

  /** Live updates: a stream, and asking every few seconds where something on the way holds it back. */
  async #listen() {
    this.listening?.abort();
    const stop = (this.listening = new AbortController());
    const token = this.token;
    let failures = 0;
    while (!stop.signal.aborted && token === this.token) {
      try {
        const heard = failures < 2 ? await this.#stream(stop.signal) : await this.#poll();
        failures = heard ? 0 : failures + 1;
        if (failures >= 2) await delay(POLL_EVERY);
      } catch (error) {
        if (error.message === "401") break;
        if (!stop.signal.aborted) this.#setReachable(false);
        failures += 1;
        await this.#pause(this.#nextWait());
      }
    }
  }

  /** Returns whether anything was heard before the stream ended. */
  async #stream(stopped) {
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), SILENCE);
    const end = () => quiet.abort();
    stopped.addEventListener("abort", end);
    let heard = false;
    try {
      const answer = await fetch(new URL("events", this.service), {
        cache: "no-store",
        credentials: "omit",
        signal: quiet.signal,
        headers: { Authorization: `Bearer ${this.token}`, "Last-Event-ID": String(this.last) },
      });
      if (answer.status === 401) throw new Error("401");
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return heard;
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), SILENCE);
        heard = true;
        this.#setReachable(true);
        text += decoder.decode(value, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop();
        for (const block of blocks) this.#heard(block);
      }
    } catch (error) {
      if (quiet.signal.aborted && !stopped.aborted && navigator.onLine) return heard;
      throw error;
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener("abort", end);
    }
  }

  #heard(block) {
    const data = block.split("\n").find((line) => line.startsWith("data: "));
    if (data) this.#add(JSON.parse(data.slice(6)));
  }

  async #poll() {
    const answer = await this.#ask(`history?after=${this.last}`, {}, ANSWER_TIMEOUT);
    if (!answer.ok) throw new Error(String(answer.status));
    (await answer.json()).events.forEach((line) => this.#add(line));
    this.#setReachable(true);
    return false;
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
    if (reachable) this.#retryNow();
  }

  #retryNow() {
    this.wakeUp?.();
    this.#pump();
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

  #load() {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) || {};
    } catch {
      return {};
    }
  }

  #save() {
    const others = (this.#load().unsent || []).filter(({ id }) => !this.ours.has(id));
    const mine = this.unsent.map(({ id, text, at }) => ({ id, text, at }));
    const unsent = [...others, ...mine];
    try {
      localStorage.setItem(KEPT, JSON.stringify({ token: this.token, draft: this.draft, unsent }));
    } catch {
      // A browser that keeps nothing still chats; only a reload starts anew.
    }
  }
}

function delay(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** 128 random bits; crypto.randomUUID is missing on pages without TLS. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
