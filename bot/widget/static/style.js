// The look of the chat. A host page changes it through the --b12-… variables.

const CSS = /* css */ `
:host {
  --accent: var(--b12-accent, #0b5d66);
  --on-accent: var(--b12-on-accent, #ffffff);
  --surface: var(--b12-surface, #ffffff);
  --ink: var(--b12-ink, #14302f);
  --quiet: var(--b12-quiet, #48615f);
  --line: var(--b12-line, #d3dedc);
  --theirs: var(--b12-theirs, #eaf2f1);
  --danger: var(--b12-danger, #a3121f);
  --on-danger: #ffffff;
  --warning: #fdf3da;
  --on-warning: #4a3500;
  --radius: var(--b12-radius, 1.1rem);
  color-scheme: light dark;
  display: block;
  color: var(--ink);
  font: 1.0625rem/1.5 var(--b12-font, system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif);
  text-align: start;
}

@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --accent: var(--b12-accent, #86d3d3);
    --on-accent: var(--b12-on-accent, #06282b);
    --surface: var(--b12-surface, #141d1d);
    --ink: var(--b12-ink, #e6efee);
    --quiet: var(--b12-quiet, #a9bcba);
    --line: var(--b12-line, #2c3b3a);
    --theirs: var(--b12-theirs, #1f2c2b);
    --danger: var(--b12-danger, #ac1626);
    --warning: #3a2e10;
    --on-warning: #fbe7b4;
  }
}

* { box-sizing: border-box; }
[hidden] { display: none !important; }
p, h2, h3, ol, ul { margin: 0; }

.chat {
  position: relative;
  display: flex;
  flex-direction: column;
  block-size: 100%;
  min-block-size: 22rem;
  overflow: hidden;
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: var(--radius) var(--radius) 0 0;
}

@media (min-width: 60rem) {
  .chat { border-radius: var(--radius); box-shadow: 0 1.5rem 3rem -2rem rgb(10 50 50 / 35%); }
}

.head {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 1rem;
  padding: 0.5rem 1rem;
}

h2 { font-size: 1.1rem; letter-spacing: -0.01em; }

button, .call {
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

.strip {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0 0.5rem;
  padding: 0.15rem 1rem;
  background: var(--theirs);
  border-block: 1px solid var(--line);
}
.strip .call { color: var(--danger-ink, var(--danger)); padding-inline: 0.4rem; text-decoration: underline; text-underline-offset: 0.2em; }
details.strip { display: block; }
details.strip summary { min-block-size: 2.75rem; display: flex; align-items: center; font-weight: 600; cursor: pointer; color: var(--danger-ink, var(--danger)); }
details.strip ul { list-style: none; padding: 0 0 0.5rem; columns: 2 10rem; }
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) { --danger-ink: #ffb3b0; }
}

.card {
  max-block-size: 55vh;
  overflow: auto;
  padding: 0.75rem 1rem 0.9rem;
  background: var(--danger);
  color: var(--on-danger);
}
.card h3 { font-size: 1.25rem; line-height: 1.25; margin-block-end: 0.5rem; }
.card p { margin-block: 0.6rem 0; }
.card a:not(.call) { color: inherit; font-weight: 700; }
.card :focus-visible { outline-color: #ffffff; }
.card.crisis { background: #0b4a52; }
.card.crisis .call { color: #0b4a52; }
.card p + .numbers { margin-block-start: 0.4rem; }
.numbers { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.numbers.many { display: grid; grid-template-columns: repeat(auto-fit, minmax(5.5rem, 1fr)); gap: 0.4rem; }
.card .many .call { flex-direction: column; border-radius: 0.9rem; padding: 0.3rem; line-height: 1.15; text-align: center; }
.numbers.many button { grid-column: 1 / -1; }
.many small { font-size: 0.75rem; font-weight: 600; }
.card .call { flex: 2 1 auto; padding-inline: 0.9rem; background: #ffffff; color: #7d0a15; font-size: 1.15rem; font-weight: 700; min-block-size: 3rem; }
.card .call, .numbers button { white-space: nowrap; }
.card .many .call { white-space: normal; font-size: 1.1rem; }
.numbers button { background: transparent; color: inherit; border-color: currentcolor; flex: 1 1 auto; padding-inline: 0.9rem; }

.banner { padding: 0.7rem 1rem; background: var(--warning); color: var(--on-warning); }
.banner:empty { display: none; }

.scroller { flex: 1; min-block-size: 6rem; overflow-y: auto; padding: 1rem; overscroll-behavior: contain; }
.scroller:focus-visible { outline-offset: -3px; }
.scope { max-inline-size: 38rem; color: var(--quiet); font-size: 0.97rem; padding-block-end: 1rem; }
.scope p + p { margin-block-start: 0.5rem; }
.scope p:first-child { font-size: 1.2rem; line-height: 1.35; color: var(--ink); }

.log { list-style: none; padding: 0; display: flex; flex-direction: column; gap: 0.9rem; }
.message { display: flex; flex-direction: column; align-items: flex-start; max-inline-size: min(38rem, 92%); }
.message.patient { align-self: flex-end; align-items: flex-end; }
.about { font-size: 0.82rem; color: var(--quiet); padding-inline: 0.3rem; margin-block-end: 0.2rem; }
.who { font-weight: 600; }
.state:not(:empty)::before { content: " · "; }
.bubble {
  padding: 0.7rem 1rem;
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
.emergency .bubble { background: var(--surface); border: 2px solid var(--danger-ink, var(--danger)); font-weight: 550; }
.unsent .bubble { background: var(--surface); color: var(--ink); border: 2px dashed var(--quiet); }
.unsent .state { color: var(--danger-ink, var(--danger)); font-weight: 600; }

.replies { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block-start: 0.6rem; }
.reply { background: var(--surface); color: var(--accent); border-color: var(--accent); }
.reply:hover { background: var(--theirs); }

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
}

.chat > form { padding: 0.75rem 1rem max(0.75rem, env(safe-area-inset-bottom)); border-block-start: 1px solid var(--line); }
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
textarea[aria-invalid="true"] { border-color: var(--danger-ink, var(--danger)); border-width: 2px; }
.count { font-size: 0.9rem; color: var(--danger-ink, var(--danger)); padding: 0.3rem 1rem 0; }
.count:empty { display: none; }

dialog { max-inline-size: min(26rem, calc(100vw - 2rem)); border: 0; border-radius: var(--radius); padding: 1.5rem; background: var(--surface); color: var(--ink); font: inherit; }
dialog::backdrop { background: rgb(5 20 20 / 55%); }
dialog h2 { font-size: 1.25rem; margin-block-end: 0.5rem; }
.choices { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: flex-end; margin-block-start: 1.25rem; }

@media (prefers-reduced-motion: reduce) {
  *, *::before { animation: none !important; scroll-behavior: auto !important; }
}
@media (forced-colors: active) {
  .bubble, .card, .call, button { border: 1px solid; }
}
`;

/** The style sheet, built once and shared; no inline style is needed under a strict policy. */
export function style() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  return sheet;
}
