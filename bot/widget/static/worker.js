// Service worker of the patient page: a reload without a network still shows the chat and its numbers.
// The chat's messages never pass through here, and nothing a patient wrote is kept by it.
const CACHE = "b12-symptom-check-1";
const FILES = ["./", "static/page.css", "static/icon.svg", "static/widget.js", "static/chat.js"].map(
  (name) => new URL(name, self.registration.scope).href,
);
/** A network that takes longer than this counts as none, in milliseconds. */
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((url) => new Request(url, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = event.request.url.split(/[?#]/)[0];
  if (event.request.method === "GET" && FILES.includes(url)) event.respondWith(newest(url));
});

/** The file from the network, or the kept one when the network does not answer in time. */
async function newest(url) {
  const cache = await caches.open(CACHE);
  try {
    const stop = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(url, { cache: "no-cache", signal: stop });
    if (!answer.ok) throw new Error(String(answer.status));
    await cache.put(url, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(url);
    if (kept) return kept;
    throw error;
  }
}
