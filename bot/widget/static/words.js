// From plain text to safe DOM nodes: paragraphs, lists, phone numbers and links. Never HTML.

const LINK = /https:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:]/;
const PHONE = /\+\d[\d ]{6,}\d|\b0\d[\d ]{6,}\d\b|\b1-\d{3}-\d{3}-\d{4}\b|\b(?:911|999|112|108|000|111|988|1737|14416|116 123|13 11 14)\b/;
const TOKENS = new RegExp(`(${LINK.source}|${PHONE.source})`, "g");

/** Nodes for a message: blank lines part paragraphs, "- " and "1. " begin lists. */
export function nodesFor(text) {
  const nodes = [];
  let list = null;
  for (const line of text.split("\n")) {
    const item = /^\s*(?:([-•*])|(\d+)[.)])\s+(.*)$/.exec(line);
    if (item) {
      const kind = item[1] ? "UL" : "OL";
      if (list?.tagName !== kind) {
        list = document.createElement(kind);
        if (kind === "OL") list.start = Number(item[2]);
        nodes.push(list);
      }
      const entry = document.createElement("li");
      entry.append(...inline(item[3]));
      list.append(entry);
    } else if (line.trim()) {
      const before = nodes[nodes.length - 1];
      if (!list && before && !before.ended) {
        // A line that stops in the middle of a sentence was broken for its author, not for her.
        const goesOn = /[^.?!:;]\s*$/.test(before.textContent);
        before.append(goesOn ? " " : document.createElement("br"), ...inline(line));
      } else {
        const paragraph = document.createElement("p");
        paragraph.append(...inline(line));
        nodes.push(paragraph);
      }
      list = null;
    } else {
      list = null;
      if (nodes.length) nodes[nodes.length - 1].ended = true;
    }
  }
  return nodes;
}

function inline(text) {
  return text.split(TOKENS).map((part, index) => {
    if (index % 2 === 0) return part;
    const link = document.createElement("a");
    link.textContent = part;
    if (part.startsWith("https:")) {
      link.href = part;
      link.rel = "noopener noreferrer";
      link.target = "_blank";
    } else {
      link.href = telephone(part);
    }
    return link;
  });
}

/** The address that dials a number. */
export function telephone(number) {
  return `tel:${number.replace(/[^\d+]/g, "")}`;
}

/** Who said a line, as it is shown and read out. */
export function who({ author, name }) {
  if (author === "patient") return "You";
  if (author === "nurse") return name ? `Nurse ${name.replace(/^nurse\s+/i, "")}` : "A nurse";
  return "Symptom check";
}

/** A short time of day, with the day when it is not today or when it is asked for. */
export function timeText(at, withDay) {
  const when = new Date(at);
  const today = when.toDateString() === new Date().toDateString();
  const day = today && !withDay ? {} : { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(undefined, { ...day, hour: "numeric", minute: "2-digit" }).format(when);
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of 24 by 24 made of one path; it says nothing to a screen reader. */
export function icon(path) {
  const drawing = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" })) {
    drawing.setAttribute(name, value);
  }
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}

/** An element with attributes and children; "class" and "text" are shorthands. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}
