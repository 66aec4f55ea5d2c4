// Keeps a page of the desk live: fetches its changing part on each event, runs the clocks, and
// sounds the alarm. Without it the pages still work, by reloading.
"use strict";

(() => {
  const body = document.body;
  const part = document.getElementById("part");
  const byId = (id) => document.getElementById(id);
  const quietSounds = byId("quiet-sounds");
  const PREFERENCE = "desk-sound-for-emergencies-only";
  const SILENCE_BEFORE_LOST = 25000;

  // ---- times -------------------------------------------------------------------------------
  const clockFormat = new Intl.DateTimeFormat(undefined, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  });

  function showTimes() {
    for (const time of document.querySelectorAll("time[data-local]")) {
      time.textContent = clockFormat.format(new Date(time.dateTime));
    }
    tick();
  }

  function tick() {
    for (const time of document.querySelectorAll("time[data-since]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - new Date(time.dateTime)) / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const hours = Math.floor(seconds / 3600);
      const minutes = Math.floor(seconds / 60) % 60;
      time.textContent = hours >= 48
        ? `${Math.floor(hours / 24)} days`
        : hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    }
  }

  // ---- what is waiting ---------------------------------------------------------------------
  function waiting() {
    return [...document.querySelectorAll("[data-alert][data-waiting='yes']")];
  }

  function emergencyWaits() {
    return waiting().some((element) => element.dataset.level === "EMERGENCY_NOW");
  }

  function showTitle() {
    const count = waiting().length;
    document.title = (count ? `(${count}) ` : "") + body.dataset.title;
  }

  // ---- sound -------------------------------------------------------------------------------
  let audio = null;

  function soundIsOn() {
    return audio !== null && audio.state === "running";
  }

  function turnSoundOn() {
    audio = audio || new AudioContext();
    audio.resume().then(showSound);
  }

  function showSound() {
    byId("sound-off").hidden = soundIsOn();
  }

  function tone(frequency, start, length) {
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    const begin = audio.currentTime + start;
    oscillator.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.35, begin + 0.02);
    volume.gain.linearRampToValueAtTime(0, begin + length);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(begin);
    oscillator.stop(begin + length);
  }

  // An emergency has no way to be muted: it sounds until somebody acknowledges it.
  function soundAlarm() {
    if (soundIsOn() && emergencyWaits()) {
      tone(880, 0, 0.25);
      tone(660, 0.3, 0.25);
      tone(880, 0.6, 0.25);
    }
  }

  function soundNotice() {
    if (soundIsOn() && !(quietSounds && quietSounds.checked)) {
      tone(520, 0, 0.3);
    }
  }

  // ---- the changing part -------------------------------------------------------------------
  let fetching = false;
  let again = false;

  async function refresh() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      const answer = await fetch(body.dataset.part, { headers: { "X-Desk-Part": "1" } });
      if (answer.status === 401) {
        signedOut();
      } else if (answer.ok) {
        replacePart(await answer.text());
      }
    } catch {
      showLink("lost");
    } finally {
      fetching = false;
      if (again) {
        again = false;
        refresh();
      }
    }
  }

  function replacePart(html) {
    const focused = document.activeElement && part.contains(document.activeElement)
      ? document.activeElement.id : "";
    const chosen = byId("outcome") ? byId("outcome").value : "";
    const known = new Set([...part.querySelectorAll("[data-alert]")].map((e) => e.dataset.alert));
    part.innerHTML = html;
    for (const card of part.querySelectorAll(".card[data-alert]")) {
      card.classList.toggle("is-new", !known.has(card.dataset.alert));
    }
    if (chosen && byId("outcome")) {
      byId("outcome").value = chosen;
    }
    if (focused && byId(focused)) {
      byId(focused).focus();
    }
    showTimes();
    showTitle();
  }

  // ---- live updates ------------------------------------------------------------------------
  let lastSign = Date.now();

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
    source.close();
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

  function announce(change) {
    if (change.action !== "alert raised" && change.action !== "level raised") {
      return;
    }
    const isEmergency = change.level === "EMERGENCY_NOW";
    const place = byId(isEmergency ? "announce-now" : "announce");
    place.textContent = `${change.level_name}: patient ${change.patient}`;
    if (!isEmergency) {
      soundNotice();
    }
  }

  const source = new EventSource("/desk/events");
  // After each connection the part is fetched anew, so nothing is missed in between.
  source.addEventListener("ready", () => { heard(); refresh(); });
  source.addEventListener("alive", heard);
  source.addEventListener("signed-out", signedOut);
  source.addEventListener("alert", async (event) => {
    heard();
    const change = JSON.parse(event.data);
    if (!body.dataset.alert || body.dataset.alert === change.alert) {
      await refresh();
      soundAlarm();
    }
    announce(change);
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      signedOut();
    }
  });

  // ---- start -------------------------------------------------------------------------------
  byId("sound-on").addEventListener("click", turnSoundOn);
  if (quietSounds) {
    quietSounds.checked = localStorage.getItem(PREFERENCE) === "yes";
    quietSounds.addEventListener("change", () => {
      localStorage.setItem(PREFERENCE, quietSounds.checked ? "yes" : "no");
    });
  }
  document.addEventListener("keydown", (event) => {
    document.documentElement.classList.toggle("no-tips", event.key === "Escape");
  });
  document.addEventListener("pointerover", () => {
    document.documentElement.classList.remove("no-tips");
  });
  // Allowed at once where the browser remembers a click on this site; the button is for the rest.
  turnSoundOn();
  setTimeout(showSound, 300);
  showTimes();
  showTitle();
  setInterval(tick, 1000);
  setInterval(soundAlarm, 6000);
  setInterval(() => {
    if (Date.now() - lastSign > SILENCE_BEFORE_LOST) {
      showLink("lost");
    }
  }, 2000);
})();
