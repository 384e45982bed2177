// The board by keyboard, and by drag as an extra. Everything is the same POST as without scripts:
// the page that comes back is read for its new board and for what it says.

import { send } from "./session.js";

const CARD = "[data-card] input[name=voice]";
const said = document.getElementById("board-said");
let busy = false;

const board = () => document.getElementById("board");
const cards = (within = board()) => [...within.querySelectorAll(CARD)];
const card = (input) => input.closest("[data-card]");
const columns = () => [...board().querySelectorAll("[data-column]")];

function say(words) {
  document.querySelector(".messages")?.remove();
  said.textContent = "";
  // A live region speaks what changes, so the same words twice need a pause between.
  window.setTimeout(() => { said.textContent = words; }, 50);
}

// One card at a time is in the Tab order; arrow keys go from card to card.
function take(input, { focus = true } = {}) {
  for (const other of cards()) other.tabIndex = other === input ? 0 : -1;
  if (!input || !focus) return;
  input.focus();
  card(input).scrollIntoView({ block: "nearest" });
}

function prepare(input = cards()[0]) {
  for (const link of board().querySelectorAll("[data-card] .whole")) link.tabIndex = -1;
  for (const row of board().querySelectorAll("[data-card]")) row.draggable = true;
  take(input, { focus: false });
}

function beside(input, step) {
  const own = cards(input.closest("[data-column]"));
  return own[own.indexOf(input) + step];
}

// The card at about the same height in the column on that side.
function across(input, step) {
  const all = columns();
  const there = all[all.indexOf(input.closest("[data-column]")) + step];
  if (!there) return undefined;
  const top = input.getBoundingClientRect().top;
  const away = (other) => Math.abs(other.getBoundingClientRect().top - top);
  return cards(there).sort((a, b) => away(a) - away(b))[0];
}

// After its card has gone: the one that follows, the one before, or the column's heading.
function following(input, going) {
  const own = cards(input.closest("[data-column]"));
  const at = own.indexOf(input);
  const stays = (other) => !going.includes(other);
  const next = own.slice(at).find(stays) ?? own.slice(0, at).reverse().find(stays);
  return next ? next.value : null;
}

async function move(inputs, to) {
  const form = board().querySelector("form[data-move]");
  if (busy || inputs.length === 0) return;
  busy = true;
  const at = inputs.includes(document.activeElement) ? document.activeElement : inputs[0];
  const heading = at.closest("[data-to]").id;
  const next = following(at, inputs);
  const body = () => {
    const made = new FormData(form);
    made.delete("voice");
    for (const input of inputs) made.append("voice", input.value);
    made.set("to", to);
    return made;
  };
  try {
    const answer = await send(form.action, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("board");
    if (!fresh) {
      window.location.assign(answer.url);
      return;
    }
    const scrolled = window.scrollY;
    board().replaceWith(document.adoptNode(fresh));
    window.scrollTo(0, scrolled);
    const input = cards().find((other) => other.value === next);
    prepare(input);
    if (input) take(input);
    else document.getElementById(heading)?.querySelector("h2").focus();
    say([...page.querySelectorAll(".messages p")].map((line) => line.textContent).join(" "));
  } catch {
    say("移せませんでした。つながりを確かめて、もう一度お試しください。");
  } finally {
    busy = false;
  }
}

const chosen = () => cards().filter((input) => input.checked);
// By the place of the key: with kana input on, the key itself tells nothing.
const digit = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];

const STEPS = {
  ArrowDown: (input) => beside(input, 1),
  ArrowUp: (input) => beside(input, -1),
  ArrowRight: (input) => across(input, 1),
  ArrowLeft: (input) => across(input, -1),
  Home: (input) => cards(input.closest("[data-column]"))[0],
  End: (input) => cards(input.closest("[data-column]")).at(-1),
};

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(CARD)) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const input = event.target;
  if (event.key === "Enter") {
    event.preventDefault();
    card(input).querySelector(".whole").click();
  } else if (event.key in STEPS) {
    event.preventDefault();
    const next = STEPS[event.key](input);
    if (next) take(next);
  } else if (digit(event) !== undefined) {
    event.preventDefault();
    const number = digit(event);
    // Of all words, also those on another page of the board.
    const word = board().querySelector(`#to [data-number="${number}"]`);
    if (number !== "0" && !word) {
      say(`${number}番のことばはありません。`);
      return;
    }
    const selected = chosen();
    move(selected.length ? selected : [input], number === "0" ? "0" : word.value);
  }
});

// Focus that came by a click or by Tab is remembered as the card to come back to.
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(CARD)) take(event.target, { focus: false });
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.(CARD)) say(`${chosen().length}件を選んでいます。`);
});

let dragged = [];
const target = (event) => event.target.closest?.("#board [data-to]");

document.addEventListener("dragstart", (event) => {
  const input = event.target.closest?.("[data-card]")?.querySelector(CARD);
  if (!input) return;
  const selected = chosen();
  dragged = selected.includes(input) ? selected : [input];
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
});

document.addEventListener("dragover", (event) => {
  for (const other of board().querySelectorAll(".taking")) other.classList.remove("taking");
  if (!dragged.length || !target(event)) return;
  event.preventDefault();
  target(event).classList.add("taking");
});

document.addEventListener("drop", (event) => {
  if (!dragged.length || !target(event)) return;
  event.preventDefault();
  move(dragged, target(event).dataset.to);
});

document.addEventListener("dragend", () => {
  dragged = [];
  for (const other of board().querySelectorAll(".taking")) other.classList.remove("taking");
});

if (board()) prepare();
