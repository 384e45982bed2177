// A transcript is marked with the keyboard: each press changes the sentence's own field, and what
// was changed is saved at once. The page works without this file, field by field.

import { send } from "./session.js";

const SAVE_PAUSE = 600;
const TRY_AGAIN = 5000;

const form = document.getElementById("marking");
const list = document.getElementById("sentences");
if (form && list) start();

function start() {
  const rows = [...list.children];
  const state = document.getElementById("state");
  const marked = document.getElementById("marked");
  let last = "value";
  let timer;
  let changes = 0;
  let saved = 0;
  let saving = false;
  let leaving = false;

  const choice = (row) => row.querySelector("select");
  const link = (row) => row.querySelector("input[type=checkbox]");
  const after = (row) => rows[rows.indexOf(row) + 1];
  const before = (row) => rows[rows.indexOf(row) - 1];

  // --- What stands where ---

  // The sentence with which the voice begins that this one belongs to, or none.
  function head(row) {
    let here = row;
    while (here && joins(before(here), here)) here = before(here);
    return here && choice(here)?.value ? here : null;
  }

  function joins(row, next) {
    return Boolean(row && next && link(row)?.checked && link(next) && sameSpeaker(row, next));
  }

  const sameSpeaker = (row, next) => row.dataset.speaker === next.dataset.speaker;

  function draw() {
    for (const row of rows) {
      if (!choice(row)) continue;
      const begin = head(row);
      row.classList.toggle("marked", begin === row);
      row.classList.toggle("held", Boolean(begin) && begin !== row);
    }
  }

  function say(words) {
    state.textContent = words;
  }

  // --- Moving and marking ---

  function go(row) {
    if (!row) return;
    for (const each of rows) each.tabIndex = each === row ? 0 : -1;
    row.focus();
  }

  function mark(row, prompt) {
    const field = choice(row);
    if (!field) return say("この文は、もう声にしてあります。");
    field.value = field.value === prompt ? "" : prompt;
    if (field.value) last = prompt;
    else link(row).checked = false;
    told(row);
  }

  function told(row) {
    const field = choice(row);
    const words = field.value ? `「${field.selectedOptions[0].text}」の印をつけました。` : "印を外しました。";
    say(`${row.dataset.number}文め: ${words}`);
    changed();
  }

  // Shift+↓: the sentence after the last one of this voice belongs to it as well.
  function join(row) {
    const begin = head(row);
    if (!begin) return say("先に、この文に印をつけてください。");
    let end = row;
    while (joins(end, after(end))) end = after(end);
    const next = after(end);
    if (!next) return say("このページの終わりの文です。");
    if (!sameSpeaker(end, next)) return say("次は別の方の文です。つづけられません。");
    if (!choice(next) || choice(next).value) return say("次の文には、もう別の印があります。");
    link(end).checked = true;
    say(`${begin.dataset.number}文めから${next.dataset.number}文めまでを、一つの声にします。`);
    changed();
    go(next);
  }

  // Shift+↑: the voice ends before this sentence.
  function part(row) {
    const previous = before(row);
    if (!joins(previous, row)) return say("前の文とは、つづいていません。");
    link(previous).checked = false;
    say(`${previous.dataset.number}文めで切りました。`);
    changed();
    go(previous);
  }

  list.addEventListener("keydown", (event) => {
    const row = event.target;
    if (row.parentElement !== list || event.altKey || event.ctrlKey || event.metaKey) return;
    const prompt = /^(?:Digit|Numpad)([1-4])$/.exec(event.code);
    if (event.key === "ArrowDown") (event.shiftKey ? join : (here) => go(after(here)))(row);
    else if (event.key === "ArrowUp") (event.shiftKey ? part : (here) => go(before(here)))(row);
    else if (event.shiftKey) return;
    else if (event.key === "Home") go(rows[0]);
    else if (event.key === "End") go(rows.at(-1));
    else if (event.key === " ") mark(row, choice(row)?.value || last);
    else if (prompt) mark(row, choice(row)?.options[Number(prompt[1])].value);
    else return;
    event.preventDefault();
  });

  list.addEventListener("click", (event) => {
    const row = event.target.closest(".sentence");
    if (row && !event.target.closest("select, input, label, a")) go(row);
  });

  // --- Saving ---

  function changed() {
    changes += 1;
    form.dataset.unsaved = "1";
    draw();
    window.clearTimeout(timer);
    timer = window.setTimeout(save, SAVE_PAUSE);
  }

  async function save() {
    if (saving || saved === changes) return;
    saving = true;
    const version = changes;
    const answer = await sent();
    saving = false;
    if (answer.errors) return say(answer.errors.join(" "));
    if (!answer.seen) {
      say("印を保存できていません。つながったら、もう一度保存します。");
      timer = window.setTimeout(save, TRY_AGAIN);
      return;
    }
    form.elements.seen.value = answer.seen;
    saved = version;
    marked.textContent = answer.marked;
    if (saved !== changes) save();
    else delete form.dataset.unsaved;
  }

  async function sent() {
    try {
      const answer = await send(form.action, {
        method: "POST",
        headers: { "HX-Request": "true" },
        keepalive: document.visibilityState === "hidden",
        body: () => new URLSearchParams(new FormData(form)),
      });
      return answer.ok || answer.status === 422 ? await answer.json() : {};
    } catch {
      return {};
    }
  }

  form.addEventListener("change", (event) => {
    const row = event.target.closest(".sentence");
    if (row && event.target.matches("select")) told(row);
    else changed();
  });
  form.addEventListener("submit", () => (leaving = true));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
  window.addEventListener("beforeunload", (event) => {
    if (saved !== changes && !leaving) event.preventDefault();
  });

  // Tab leads from the sentences to the buttons; the fields are reached by the keys.
  for (const row of rows) {
    row.tabIndex = -1;
    for (const field of row.querySelectorAll("select, input")) field.tabIndex = -1;
  }
  const first = document.getElementById(window.location.hash.slice(1));
  const begin = rows.includes(first) ? first : rows[0];
  if (begin) begin.tabIndex = 0;
  // Whose words they are is told first; then one begins with the sentences.
  if (!form.querySelector("details[open], .notice-wrong")) begin?.focus({ preventScroll: begin !== first });
  document.getElementById("keys").hidden = false;
  draw();
  form.dataset.ready = "1";
}
