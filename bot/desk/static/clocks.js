// Local times with the UTC in the title, and clocks that tick: waiting since, next people told in.

const moment = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

const two = (number) => String(number).padStart(2, "0");

export function inWords(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours >= 48) {
    return `${Math.floor(hours / 24)} days`;
  }
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-since]")) {
    write(time, inWords(Math.max(0, Math.floor((now - new Date(time.dateTime)) / 1000))));
  }
  for (const time of document.querySelectorAll("time[data-until]")) {
    const left = Math.ceil((new Date(time.dateTime) - now) / 1000);
    write(time, left > 0 ? `in ${inWords(left)}` : "now");
  }
  for (const ladder of document.querySelectorAll("[data-ladder]")) {
    const start = new Date(ladder.dataset.start).getTime();
    const end = new Date(ladder.dataset.end).getTime();
    const share = end > start ? (now - start) / (end - start) : 1;
    ladder.querySelector("progress").value = Math.min(100, Math.max(0, share * 100));
    ladder.classList.toggle("is-late", share >= 1);
  }
}

export function showTimes() {
  for (const time of document.querySelectorAll("time[data-local]")) {
    write(time, moment.format(new Date(time.dateTime)));
  }
  tick();
}

setInterval(tick, 1000);
