// The conversation as a text to copy, save and print.
import { make, nodesFor, timeText, who } from "./words.js";

/** The conversation as plain text, with who said what and when. */
export function asText(lines, heading) {
  const said = lines
    .filter((line) => line.text)
    .map((line) => `${who(line)}, ${new Date(line.at).toLocaleString()}\n${line.text}\n`);
  return `${heading}\n${new Date().toLocaleString()}\n\n${said.join("\n")}`;
}

/** Copy a text; returns whether it worked. */
export async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS or the permission there is only the old way.
    const field = make("textarea", { class: "heard", "aria-hidden": "true" });
    field.value = text;
    place.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

/** Save a text as a file on this device. */
export function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const PRINT = `
body { font: 12pt/1.5 system-ui, sans-serif; color: #000; margin: 2cm; }
article { margin-block-end: 1em; break-inside: avoid; }
h2 { font-size: 10pt; margin: 0; color: #444; } p, ul, ol { margin: 0.2em 0; white-space: pre-line; }`;

/** Print the conversation alone, whatever else is on the page. */
export function print(lines, heading, place) {
  const frame = make("iframe", { class: "heard", title: heading, "aria-hidden": "true", tabindex: "-1" });
  place.append(frame);
  const page = frame.contentWindow;
  const sheet = new page.CSSStyleSheet();
  sheet.replaceSync(PRINT);
  page.document.adoptedStyleSheets = [sheet];
  page.document.title = heading;
  page.document.body.append(make("h1", { text: heading }));
  for (const line of lines.filter(({ text }) => text)) {
    const title = make("h2", { text: `${who(line)}, ${timeText(line.at, true)}` });
    page.document.body.append(make("article", {}, title, ...nodesFor(line.text)));
  }
  page.addEventListener("afterprint", () => frame.remove());
  page.print();
}
