// The alarm. An emergency has no way to be muted: it sounds until somebody acknowledges it.

const PREFERENCE = "desk-muted-levels";
const ALARM_EVERY = 6000;

let audio = null;

function read() {
  try {
    return new Set(JSON.parse(localStorage.getItem(PREFERENCE) || "[]"));
  } catch {
    return new Set();
  }
}

let muted = read();

export function isMuted(level) {
  return level !== "EMERGENCY_NOW" && muted.has(level);
}

function isOn() {
  return audio !== null && audio.state === "running";
}

function showState() {
  document.getElementById("sound-off").hidden = isOn();
}

function turnOn() {
  audio = audio || new AudioContext();
  audio.resume().then(showState);
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

function playAlarm() {
  tone(880, 0, 0.25);
  tone(660, 0.3, 0.25);
  tone(880, 0.6, 0.25);
}

function emergencyWaits() {
  return document.querySelector("[data-waiting='yes'][data-level='EMERGENCY_NOW']") !== null;
}

export function soundAlarm() {
  if (isOn() && emergencyWaits()) {
    playAlarm();
  }
}

export function soundNotice(level) {
  if (isOn() && !isMuted(level)) {
    tone(520, 0, 0.3);
  }
}

export function prepareSound() {
  document.getElementById("sound-on").addEventListener("click", turnOn);
  document.getElementById("sound-test").addEventListener("click", () => {
    turnOn();
    playAlarm();
  });
  for (const box of document.querySelectorAll("[data-sound]")) {
    box.checked = !muted.has(box.dataset.sound);
    box.addEventListener("change", () => {
      muted[box.checked ? "delete" : "add"](box.dataset.sound);
      localStorage.setItem(PREFERENCE, JSON.stringify([...muted]));
      document.dispatchEvent(new CustomEvent("desk-changed"));
    });
  }
  // Another window of this desk may change it too.
  window.addEventListener("storage", () => { muted = read(); });
  // Allowed at once where the browser remembers a click on this site; the button is for the rest.
  turnOn();
  setTimeout(showState, 300);
  setInterval(soundAlarm, ALARM_EVERY);
}
