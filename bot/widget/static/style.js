// The look of the chat. A host page changes it through the --b12-… variables (docs/embedding.md).

const CSS = /* css */ `
:host {
  --accent: var(--b12-accent, #0b5d66);
  --on-accent: var(--b12-on-accent, #ffffff);
  --surface: var(--b12-surface, #ffffff);
  --ink: var(--b12-ink, #14302f);
  --quiet: var(--b12-quiet, #48615f);
  --line: var(--b12-line, #d6e0de);
  --theirs: var(--b12-theirs, #eef4f3);
  --danger: var(--b12-danger, #a3121f);
  --danger-ink: var(--danger);
  --on-danger: #ffffff;
  --warning: #fdf3da;
  --on-warning: #4a3500;
  --radius: var(--b12-radius, 1.1rem);
  color-scheme: light;
  display: block;
  color: var(--ink);
  font: 1.0625rem/1.5 var(--b12-font, system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif);
  text-align: start;
}
:host([launcher]) { display: contents; }

${dark(":host([theme='dark'])")}
@media (prefers-color-scheme: dark) { ${dark(":host(:not([theme='light']))")} }

* { box-sizing: border-box; }
[hidden] { display: none !important; }
p, h2, h3, ol, ul { margin: 0; }

.icon { inline-size: 1.4rem; block-size: 1.4rem; flex: none; fill: none; stroke: currentcolor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }

.chat {
  position: relative;
  display: flex;
  flex-direction: column;
  block-size: 100%;
  min-block-size: 18rem;
  overflow: hidden;
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: var(--radius) var(--radius) 0 0;
}

@media (min-width: 60rem) {
  .chat { border-radius: var(--radius); box-shadow: 0 1.5rem 3rem -2rem rgb(10 50 50 / 35%); }
}

.launcher {
  position: fixed;
  inset-block-end: max(1rem, env(safe-area-inset-bottom));
  inset-inline-end: 1rem;
  z-index: var(--b12-layer, 2147483000);
  gap: 0.6rem;
  min-block-size: 3.5rem;
  padding-inline: 1.1rem 1.35rem;
  background: var(--accent);
  color: var(--on-accent);
  box-shadow: 0 0.6rem 1.6rem -0.5rem rgb(5 40 40 / 55%), 0 0 0 1px rgb(255 255 255 / 25%);
}
.launcher .icon { fill: currentcolor; stroke: none; }
:host([position="start"]) .launcher, :host([position="start"]) .panel:not(.modal) { inset-inline: 1rem auto; }
.launcher:hover { filter: brightness(1.1); }
.badge { min-inline-size: 1.6rem; padding-inline: 0.4rem; border-radius: 999px; background: var(--danger); color: var(--on-danger); font-size: 0.9rem; line-height: 1.6rem; }

.panel {
  position: fixed;
  inset: auto 1rem max(1rem, env(safe-area-inset-bottom)) auto;
  inset-inline: auto 1rem;
  z-index: var(--b12-layer, 2147483000);
  inline-size: min(26.5rem, 100vw - 2rem);
  block-size: min(44rem, 100dvh - 2rem);
  max-inline-size: none;
  max-block-size: none;
  margin: 0;
  padding: 0;
  border: 0;
  border-radius: var(--radius);
  background: none;
  color: inherit;
  font: inherit;
  box-shadow: 0 1.5rem 4rem -1rem rgb(5 40 40 / 45%);
}
.panel .chat { min-block-size: 0; border-radius: inherit; box-shadow: none; }
.panel[open]:not(.modal) { animation: rise 0.18s ease-out; }
@keyframes rise { from { transform: translateY(1rem); opacity: 0; } }
.panel.modal { inset: 0; inline-size: 100vw; block-size: 100dvh; border-radius: 0; }
.panel.modal .chat { border: 0; }

.head {
  display: flex;
  align-items: center;
  gap: 0.75rem;
  padding: 0.6rem 0.6rem 0.6rem 1rem;
  padding-inline: 1rem 0.6rem;
}
.mark { display: grid; place-items: center; flex: none; inline-size: 2.5rem; block-size: 2.5rem; border-radius: 0.8rem; background: var(--accent); color: var(--on-accent); }
.mark .icon { fill: currentcolor; stroke: none; }
.title { flex: 1; min-inline-size: 0; line-height: 1.3; }
h2 { font-size: 1.1rem; letter-spacing: -0.01em; overflow-wrap: anywhere; }
.status { font-size: 0.86rem; color: var(--quiet); }
.status.nurse { color: var(--accent); font-weight: 600; }

button, .call, .document {
  min-block-size: 2.75rem;
  min-inline-size: 2.75rem;
  padding: 0.5rem 1.1rem;
  border: 1px solid transparent;
  border-radius: 999px;
  font: inherit;
  font-weight: 600;
  cursor: pointer;
  text-decoration: none;
  display: inline-flex;
  align-items: center;
  justify-content: center;
}

:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

.quiet { background: none; color: var(--accent); padding-inline: 0.75rem; }
.quiet:hover { background: var(--theirs); }
.send { background: var(--accent); color: var(--on-accent); }
.send:hover { filter: brightness(1.12); }
.round { padding: 0; inline-size: 2.9rem; block-size: 2.9rem; flex: none; }
.tool { padding: 0; background: none; color: var(--quiet); }
.tool:hover { background: var(--theirs); color: var(--ink); }
.more .icon { stroke-width: 3; }

.more { position: relative; }
.menu {
  position: absolute;
  inset-block-start: 100%;
  inset-inline-end: 0;
  z-index: 2;
  display: grid;
  min-inline-size: 13rem;
  padding: 0.4rem;
  border: 1px solid var(--line);
  border-radius: 0.9rem;
  background: var(--surface);
  box-shadow: 0 1rem 2.5rem -0.8rem rgb(5 40 40 / 45%);
}
.menu button { justify-content: flex-start; padding-inline: 0.9rem; border-radius: 0.6rem; background: none; color: var(--ink); font-weight: 500; text-align: start; }
.menu button:hover, .menu button:focus-visible { background: var(--theirs); }
.menu :focus-visible { outline-offset: -3px; }

.strip {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0 0.4rem;
  padding: 0 1rem;
  background: var(--theirs);
  border-block: 1px solid var(--line);
  font-size: 0.95rem;
}
.strip .call { gap: 0.4rem; color: var(--danger-ink); padding-inline: 0.4rem; text-decoration: underline; text-underline-offset: 0.2em; }
.strip .icon { inline-size: 1.05rem; block-size: 1.05rem; }
details.strip { display: block; }
summary { min-block-size: 2.75rem; display: flex; align-items: center; font-weight: 600; cursor: pointer; }
summary::after { content: ""; inline-size: 0.5rem; block-size: 0.5rem; margin-inline: 0.6rem; border: solid currentcolor; border-width: 0 2px 2px 0; transform: translateY(-25%) rotate(45deg); }
[open] > summary::after { transform: translateY(25%) rotate(225deg); }
details.strip summary { color: var(--danger-ink); }
details.strip ul { list-style: none; padding: 0 0 0.5rem; columns: 2 9rem; }

.head, .banner, form { flex: none; }
.emergency-area { flex: 0 1 auto; display: flex; flex-direction: column; min-block-size: 2.8rem; max-block-size: 62%; }
.emergency-area:has(.card) { min-block-size: 13rem; }
.emergency-area:has(details.strip[open]) { overflow-y: auto; }
.alert { display: flex; min-block-size: 0; }
.card {
  flex: 1;
  display: flex;
  flex-direction: column;
  gap: 0.6rem;
  min-inline-size: 0;
  padding: 0.8rem 1rem 0.6rem;
  background: var(--danger);
  color: var(--on-danger);
}
.card h3 { font-size: 1.25rem; line-height: 1.25; }
.card > * { flex: none; }
.card > .steps { flex: 0 1 auto; min-block-size: 2.75rem; overflow-y: auto; font-size: 1rem; line-height: 1.4; }
.card a:not(.call) { color: inherit; font-weight: 700; }
.card :focus-visible { outline-color: #ffffff; }
.card.crisis { background: #0b4a52; }
.card.crisis .call { color: #0b4a52; }
.card .advice:empty, .alert:empty { display: none; }
.card .advice { font-weight: 600; }
.steps ol { padding-inline-start: 1.4rem; }
.steps li + li, .steps p + p { margin-block-start: 0.3rem; }
.steps p { padding-block-end: 0.3rem; }
.steps ol + p { margin-block-start: 0.5rem; }
.numbers, .answers { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.numbers.many { display: grid; grid-template-columns: repeat(auto-fit, minmax(5.2rem, 1fr)); gap: 0.4rem; }
.card .call { flex: 1 1 auto; gap: 0.6rem; padding-inline: 0.9rem; background: #ffffff; color: #7d0a15; font-size: 1.2rem; font-weight: 700; min-block-size: 3.2rem; white-space: nowrap; }
.card .many .call { flex-direction: column; gap: 0; min-block-size: 2.9rem; border-radius: 0.8rem; padding: 0.2rem; font-size: 1.1rem; line-height: 1.15; text-align: center; white-space: normal; }
.many .icon { display: none; }
.many small { font-size: 0.75rem; font-weight: 600; }
.answers button { flex: 1 1 auto; padding-inline: 0.6rem; white-space: nowrap; background: transparent; color: inherit; border-color: currentcolor; }
.answers button:hover { background: rgb(255 255 255 / 14%); }

.banner { padding: 0.7rem 1rem; background: var(--warning); color: var(--on-warning); font-size: 0.97rem; }
.banner:empty { display: none; }

.scroller { position: relative; flex: 1; min-block-size: 4rem; overflow-y: auto; padding: 1rem; overscroll-behavior: contain; }
.scroller:focus-visible { outline-offset: -3px; }
.first { max-inline-size: 38rem; padding-block-end: 1.2rem; }
.first > p { font-size: 1.2rem; line-height: 1.35; }
.scope { margin-block-start: 0.8rem; color: var(--quiet); font-size: 0.94rem; }
.scope ul { display: grid; gap: 0.35rem; padding: 0; list-style: none; }
.scope li { position: relative; padding-inline-start: 1.5rem; }
.scope li::before { content: ""; position: absolute; inset-block-start: 0.55em; inset-inline-start: 0.35rem; inline-size: 0.45rem; block-size: 0.45rem; border-radius: 50%; background: var(--accent); opacity: 0.55; }
.scope p { margin-block-start: 0.6rem; padding-inline-start: 1.5rem; color: var(--ink); font-weight: 600; }

/* Nothing said yet: the greeting and the ways to begin fill the room. */
.scroller.new { display: flex; flex-direction: column; background: linear-gradient(var(--theirs), transparent 22rem); }
.new .first { display: flex; flex-direction: column; gap: 1.25rem; inline-size: 100%; margin: auto; padding-block: clamp(0.5rem, 3vh, 2rem); }
.new .first > p { font-size: clamp(1.3rem, 1.15rem + 0.8vw, 1.7rem); font-weight: 650; line-height: 1.22; letter-spacing: -0.015em; text-wrap: balance; }
.new .scope { margin: 0; padding-block-start: 1.1rem; border-block-start: 1px solid var(--line); }
.starters { display: grid; gap: 0.6rem; }
.starter { justify-content: space-between; gap: 1rem; min-block-size: 3.4rem; padding-inline: 1.15rem 0.9rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); color: var(--ink); text-align: start; box-shadow: 0 0.5rem 1.2rem -0.9rem rgb(5 40 40 / 45%); }
.starter .icon { inline-size: 1.15rem; block-size: 1.15rem; color: var(--accent); }
.starter:hover { border-color: var(--accent); color: var(--accent); }
:dir(rtl) .starter .icon { transform: scaleX(-1); }

.log { list-style: none; padding: 0; display: flex; flex-direction: column; gap: 0.9rem; }
.message { display: flex; flex-direction: column; align-items: flex-start; max-inline-size: min(38rem, 100%); }
.message.patient { align-self: flex-end; align-items: flex-end; }
.arrival { align-self: center; padding: 0.3rem 1rem; border-radius: 999px; background: var(--theirs); font-size: 0.9rem; }
.about { font-size: 0.84rem; color: var(--quiet); padding-inline: 0.2rem; margin-block-end: 0.2rem; }
.who { font-weight: 600; }
.state:not(:empty)::before { content: "\\a0· "; }
.human::before { content: "· "; }
.human::after { content: " ·"; }
.nurse .who, .nurse .human { color: var(--accent); }
.row { display: flex; align-items: flex-end; gap: 0.1rem; max-inline-size: 100%; }
.patient .row { flex-direction: row-reverse; }
.bubble {
  min-inline-size: 0;
  padding: 0.65rem 1rem;
  border-radius: var(--radius);
  border-start-start-radius: 0.3rem;
  background: var(--theirs);
  overflow-wrap: anywhere;
}
.bubble > * + * { margin-block-start: 0.6rem; }
.bubble ul, .bubble ol { padding-inline-start: 1.3rem; }
.bubble a { color: inherit; font-weight: 700; }
.patient .bubble {
  background: var(--accent);
  color: var(--on-accent);
  border-start-start-radius: var(--radius);
  border-start-end-radius: 0.3rem;
  white-space: pre-wrap;
}
.nurse .bubble { background: var(--surface); border: 2px solid var(--accent); }
.emergency .bubble { background: var(--surface); border: 2px solid var(--danger-ink); font-weight: 550; }
.crisis .bubble { background: var(--surface); border: 2px solid var(--accent); }
.unsent .bubble { background: var(--surface); color: var(--ink); border: 2px dashed var(--quiet); }
.unsent .state { color: var(--danger-ink); font-weight: 600; }
.copy { flex: none; padding: 0; background: none; color: var(--quiet); opacity: 0; }
.copy .icon { inline-size: 1.1rem; block-size: 1.1rem; }
.row:hover .copy, .copy:focus-visible, .copy.done { opacity: 1; }
.copy.done { color: var(--accent); }
@media (hover: none) { .copy { opacity: 1; } }

.replies { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block-start: 0.6rem; }
.reply, .document { background: var(--surface); color: var(--accent); border-color: var(--accent); }
.reply:hover, .document:hover { background: var(--theirs); }

.typing { display: flex; align-items: center; gap: 0.6rem; padding-block: 0.9rem 0; color: var(--quiet); font-size: 0.9rem; }
.dots { inline-size: 2rem; block-size: 0.5rem; background: radial-gradient(circle, currentcolor 0.22rem, transparent 0.24rem) 0 / 0.66rem 100%; animation: dots 1.2s ease-in-out infinite; }
@keyframes dots { 50% { opacity: 0.3; } }

.heard, label, .hint {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
  border: 0;
}

form { padding: 0.75rem 1rem max(0.75rem, env(safe-area-inset-bottom)); border-block-start: 1px solid var(--line); }
.line { display: flex; align-items: flex-end; gap: 0.6rem; }
textarea {
  flex: 1;
  min-inline-size: 0;
  min-block-size: 2.9rem;
  resize: none;
  padding: 0.6rem 1rem;
  border: 1px solid var(--quiet);
  border-radius: 1.45rem;
  background: var(--surface);
  color: var(--ink);
  font: inherit;
  line-height: 1.5;
}
textarea:focus-visible { outline-offset: 0; }
textarea::placeholder { color: var(--quiet); opacity: 1; }
textarea[aria-invalid="true"] { border-color: var(--danger-ink); border-width: 2px; }
.count { font-size: 0.9rem; color: var(--danger-ink); padding: 0.3rem 1rem 0; }
.count:empty, .failure:empty { display: none; }

.question { max-inline-size: min(26rem, calc(100vw - 2rem)); border: 1px solid var(--line); border-radius: var(--radius); padding: 1.5rem; background: var(--surface); color: var(--ink); font: inherit; }
dialog::backdrop { background: rgb(5 20 20 / 55%); }
.question h2 { font-size: 1.25rem; margin-block-end: 0.5rem; }
.failure { margin-block-start: 0.75rem; color: var(--danger-ink); font-weight: 600; }
.choices { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: flex-end; margin-block-start: 1.25rem; }

/* A short window, or text at 200 %: everything scrolls except the number to call and the field. */
@media (max-height: 36rem) {
  .head { padding-block: 0.2rem; }
  .mark, .status { display: none; }
  form { padding-block: 0.4rem; }
  .card { gap: 0.35rem; padding-block: 0.4rem; }
  .card .call { min-block-size: 2.75rem; }
}
@media (max-height: 30rem) {
  .emergency-area:has(.card) { min-block-size: 0; max-block-size: 60%; }
  .card { flex-flow: row wrap; align-content: flex-start; overflow-y: auto; }
  .card > h3, .card > p, .card > .advice, .card > .steps { flex: 1 1 100%; }
  .card > .numbers, .card > .answers { flex: 1 1 auto; }
  .scroller { min-block-size: 2rem; }
}
@media (max-width: 22rem) {
  .mark { display: none; }
  .head { gap: 0; }
  .menu { max-inline-size: 15rem; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, .panel[open]:not(.modal) { animation: none !important; scroll-behavior: auto !important; }
}
@media (forced-colors: active) {
  .bubble, .card, .call, .chat, .banner, .menu, button { border: 1px solid; }
  .emergency .bubble, .card { border-width: 3px; }
  .dots { background: CanvasText; }
}
`;

function dark(host) {
  return `${host} {
    --accent: var(--b12-accent-dark, #86d3d3);
    --on-accent: var(--b12-on-accent-dark, #06282b);
    --surface: var(--b12-surface-dark, #141d1d);
    --ink: var(--b12-ink-dark, #e6efee);
    --quiet: var(--b12-quiet-dark, #a9bcba);
    --line: var(--b12-line-dark, #2c3b3a);
    --theirs: var(--b12-theirs-dark, #1f2c2b);
    --danger: var(--b12-danger, #ac1626);
    --danger-ink: #ffb3b0;
    --warning: #3a2e10;
    --on-warning: #fbe7b4;
    color-scheme: dark;
  }`;
}

/** The style sheet, built once and shared; no inline style is needed under a strict policy. */
export function style() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  return sheet;
}
