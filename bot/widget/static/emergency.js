// What must work without a network: the numbers, and whether a text names a red flag.
import { CANNOT_CALL, CRISIS_LINES, EMERGENCY, NEAR, NUMBERS, RED_FLAGS } from "./bundled.js";

const PLACES = {
  US: "US",
  CA: "Canada",
  GB: "UK",
  IE: "Ireland",
  EU: "Europe",
  IN: "India",
  AU: "Australia",
  NZ: "New Zealand",
};

/** The numbers to call in a region: [{number, places}]; those of every place when it is unknown. */
export function numbersFor(region) {
  if (NUMBERS[region]) return NUMBERS[region].map((number) => ({ number, places: "" }));
  const places = {};
  for (const [code, place] of Object.entries(PLACES)) {
    for (const number of NUMBERS[code]) (places[number] ||= []).push(place);
  }
  return Object.entries(places)
    .map(([number, names]) => ({ number, places: names.join(", ") }))
    .sort((one, other) => other.number.localeCompare(one.number));
}

/** Whom to talk to in a crisis, as one sentence. */
export function crisisLine(region) {
  return CRISIS_LINES[region] || CRISIS_LINES.unknown;
}

const OWN_PEN =
  "If your breathing, throat or face is affected and you have your own adrenaline pen, use it next.";

/** What to do in an emergency whose kind is not known: the pen comes right after the call. */
export function offlineText() {
  return EMERGENCY.replace(" now. ", ` now. ${OWN_PEN} `);
}

/** What to do when she cannot call. */
export function cannotCall() {
  return sentences(CANNOT_CALL).filter((one) => !isCallLine(one)).join(" ");
}

/** The steps of an emergency message: its sentences without the label and the call line. */
export function stepsOf(text) {
  const found = sentences(text.replace(/^EMERGENCY:[^.]*\.\s*/, "")).filter((one) => !isCallLine(one));
  const steps = [];
  for (const one of found) {
    // "Do not stand. Do not drive." is one step, not two.
    const last = steps.length - 1;
    if (/^Do not/.test(one) && /^Do not/.test(steps[last] || "")) steps[last] += ` ${one}`;
    else steps.push(one);
  }
  return steps;
}

function sentences(text) {
  return text.replace(/\s+/g, " ").trim().split(/(?<=[.!?])\s+(?=[A-Z"“])/);
}

/** "Call 999 now." and, where the country is unknown, "UK 999.": the card has buttons for these. */
function isCallLine(sentence) {
  return /^Call [^.]*\bnow\.$/.test(sentence) || /^[A-Z][A-Za-z ]+ \d{3}( or \d{3})*\.$/.test(sentence);
}

/**
 * "emergency", "crisis" or "". Only used while the service cannot be reached, so it errs towards
 * the card: it does not look for "no" or "what if".
 */
export function redFlag(text) {
  const words = plain(text).split(" ");
  for (const [kind, phrases] of Object.entries(RED_FLAGS)) {
    if (phrases.some((phrase) => contains(words, phrase.split(" ")))) return kind;
  }
  return NEAR.some(([one, other]) => areNear(words, one, other)) ? "emergency" : "";
}

/** Whether words that begin like one of each group stand at most six words apart. */
function areNear(words, one, other) {
  const places = (beginnings) =>
    words.flatMap((word, place) => (beginnings.some((part) => word.startsWith(part)) ? [place] : []));
  const others = places(other);
  return places(one).some((a) => others.some((b) => a !== b && Math.abs(a - b) <= 6));
}

/** Whether the words of a phrase come in this order, with at most two others among them. */
function contains(words, phrase) {
  const longest = phrase.length + (phrase.length > 1 ? 2 : 0);
  return words.some((word, start) => {
    if (word !== phrase[0]) return false;
    let found = 0;
    for (const next of words.slice(start, start + longest)) {
      if (next === phrase[found]) found += 1;
    }
    return found === phrase.length;
  });
}

/** Lower case, no accents, no punctuation, at most two of a letter in a row. */
export function plain(text) {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f'’‘`]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .replace(/(.)\1{2,}/gu, "$1$1")
    .trim();
}
