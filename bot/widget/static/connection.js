// HTTP with the service: session tokens, messages, live updates. Knows nothing of the page.

const ANSWER_TIMEOUT = 40_000;
const POLL_SECONDS = 25;
/** A stream that stays silent at first is held back by something on the way; later it is broken. */
const FIRST_SIGN = 6_000;
const SILENCE = 40_000;
/** A token is renewed when it has less than this left; it is good for 24 hours. */
const RENEW_BEFORE = 12 * 3600_000;

/** An answer of the service that is not a success: its status, and its words for the patient. */
export class Refusal extends Error {
  constructor(status, body, retryAfter) {
    super(String(status));
    this.status = status;
    this.text = body.message || "";
    this.code = body.error || "";
    this.wait = (Number(retryAfter) || 0) * 1000;
  }
}

export class Connection {
  constructor(service) {
    this.service = service;
    this.forget();
  }

  forget() {
    Object.assign(this, { token: "", expires: 0, conversation: "" });
  }

  /** Begin a conversation, or renew the token when it ends soon; returns whether it changed. */
  async refresh() {
    if (this.token && this.expires * 1000 - Date.now() > RENEW_BEFORE) return false;
    const { token, expires, conversation } = await this.ask("session", { method: "POST" });
    Object.assign(this, { token, expires, conversation });
    return true;
  }

  send(id, text) {
    return this.ask("messages", { method: "POST", body: JSON.stringify({ id, text }) });
  }

  async history(after, wait = 0) {
    return (await this.ask(`history?after=${after}&wait=${wait}`)).events;
  }

  poll(after) {
    return this.history(after, POLL_SECONDS);
  }

  erase() {
    return this.ask("conversation", { method: "DELETE" });
  }

  /** Returns the JSON of the answer; throws a Refusal, or another error when nothing answers. */
  async ask(path, options = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_TIMEOUT);
    try {
      const answer = await this.#fetch(path, { ...options, signal: stop.signal });
      const body = await answer.json();
      if (!answer.ok) throw new Refusal(answer.status, body, answer.headers.get("Retry-After"));
      return body;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Calls heard(line or null) for each line and sign of life until the stream ends; returns whether
   * there was any.
   */
  async stream(after, heard, stopped) {
    const quiet = new AbortController();
    const end = () => quiet.abort();
    stopped.addEventListener("abort", end);
    let timer = setTimeout(end, FIRST_SIGN);
    let any = false;
    try {
      const answer = await this.#fetch("events", {
        signal: quiet.signal,
        headers: { "Last-Event-ID": String(after) },
      });
      if (!answer.ok) throw new Refusal(answer.status, {});
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return any;
        clearTimeout(timer);
        timer = setTimeout(end, SILENCE);
        any = true;
        const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
          const data = block.split("\n").find((line) => line.startsWith("data: "));
          heard(data ? JSON.parse(data.slice(6)) : null);
        }
      }
    } catch (error) {
      if (quiet.signal.aborted && !stopped.aborted && navigator.onLine) return any;
      throw error;
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener("abort", end);
    }
  }

  #fetch(path, options) {
    const headers = { "Content-Type": "application/json", ...options.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    return fetch(new URL(path, this.service), {
      cache: "no-store",
      credentials: "omit",
      ...options,
      headers,
    });
  }
}
