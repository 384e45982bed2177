// Finished rows on their way to the server: saved one after the other in the order in which they were
// typed, and in sight with the reason for as long as they are not.

import { freshKey } from "./fresh-key.js";
import { hold, release } from "./held-keys.js";
import { signInAgain, signInAtPause } from "./session.js";

const ENDED = "サインインの時間が切れています。書いた声は残っています。";
const UNSAVED = "保存できていない声があります。続けて書けます。";
const TRY_AGAIN = [2000, 5000, 10000, 30000];

export function waitingRows({ form, text, server, local, say, arrived }) {
  const queue = [];
  let tryTimer;
  let failures = 0;
  let sending = false;

  function wait(row, kept) {
    const entry = { row, kept, reason: "", ended: false, refused: false, taken: false };
    queue.push(entry);
    draw(entry);
    local.keep({ ...row, waiting: true }).then((done) => (entry.kept ||= done));
  }

  async function send() {
    if (sending) return;
    sending = true;
    window.clearTimeout(tryTimer);
    let entry;
    while ((entry = queue.find(({ refused }) => !refused))) {
      const answer = await server.save(entry.row);
      Object.assign(entry, answer);
      if (answer.html) await arrive(entry);
      else draw(entry);
      if (answer.ended) signInAtPause().then(send);
      if (answer.again) {
        const pause = TRY_AGAIN[Math.min(failures, TRY_AGAIN.length - 1)];
        tryTimer = window.setTimeout(send, pause);
        failures += 1;
        for (const behind of queue) {
          if (behind !== entry && !behind.refused) {
            behind.reason = "前の声のあとに保存します。";
            draw(behind);
          }
        }
        break;
      }
      failures = 0;
    }
    sending = false;
  }

  async function arrive(entry) {
    leave(entry);
    arrived();
    document.getElementById("no-rows").hidden = true;
    const rows = document.getElementById("rows");
    rows.insertAdjacentHTML("beforeend", entry.html);
    window.htmx?.process(rows.lastElementChild);
    const name = entry.row.call_name.trim();
    const names = document.getElementById("call-names");
    if (name && ![...names.options].some((option) => option.value === name)) {
      names.append(new Option("", name));
    }
    const row = rows.lastElementChild;
    const label = row.querySelector(".voice-row-head > *").textContent;
    say(`${label}を保存しました。${row.querySelector(".alike") ? "よく似た声があります。" : ""}`);
    if (form.contains(document.activeElement)) form.scrollIntoView({ block: "end" });
    await local.drop(entry.row.entry_key);
  }

  function leave(entry) {
    queue.splice(queue.indexOf(entry), 1);
    entry.item?.remove();
    release(entry.row.entry_key);
  }

  function draw(entry) {
    const { row } = entry;
    if (!entry.item) {
      entry.item = document.getElementById("pending-row").content.firstElementChild.cloneNode(true);
      document.getElementById("pending").append(entry.item);
      const button = (name) => entry.item.querySelector(`[data-part=${name}]`);
      button("again").addEventListener("click", () => again(entry));
      button("signin").addEventListener("click", () => signInAgain().then(() => again(entry)));
      button("anew").addEventListener("click", () => anew(entry));
      button("drop").addEventListener("click", () => drop(entry));
    }
    const part = (name) => entry.item.querySelector(`[data-part=${name}]`);
    part("prompt").textContent = labelOf("prompt", row.prompt);
    part("who").textContent = `${bodyOf(row.stakeholder)}・${row.call_name || "話し手は不明"}`;
    part("text").textContent = row.text;
    part("text").hidden = entry.refused;
    part("rewrite").hidden = !entry.refused;
    if (entry.refused && !part("rewrite").value) part("rewrite").value = row.text;
    part("reason").textContent = entry.reason || "保存しています。";
    part("signin").hidden = !entry.ended;
    part("again").hidden = !entry.reason || entry.taken;
    part("anew").hidden = part("drop").hidden = !entry.taken;
    sayOnce(entry);
    show(entry.item);
  }

  // Not at each attempt that fails alike: the line also says what became of the row being typed.
  function sayOnce(entry) {
    const words = entry.ended ? ENDED : entry.reason && UNSAVED;
    if (words && words !== entry.said) say(words);
    entry.said = words;
  }

  // The box of the row being typed stays in sight at the foot, over what scrolls below it.
  function show(item) {
    const covered = item.getBoundingClientRect().bottom + 8 - form.getBoundingClientRect().top;
    if (form.contains(document.activeElement) && covered > 0) window.scrollBy(0, covered);
  }

  function again(entry) {
    if (entry.refused) {
      entry.row.text = entry.item.querySelector("[data-part=rewrite]").value;
      entry.refused = entry.taken = false;
      local.keep({ ...entry.row, waiting: true });
    }
    entry.reason = "";
    draw(entry);
    text.focus();
    send();
  }

  // Its key is that of a voice which another window has saved with other words.
  async function anew(entry) {
    const { entry_key: former } = entry.row;
    entry.row.entry_key = freshKey();
    hold(entry.row.entry_key);
    again(entry);
    release(former);
    await local.drop(former);
  }

  async function drop(entry) {
    leave(entry);
    text.focus();
    say("捨てました。");
    await local.drop(entry.row.entry_key);
  }

  const bodyOf = (value) =>
    [...form.elements.stakeholder.options].find((option) => option.value === value)?.text ?? "";
  const labelOf = (name, value) =>
    [...form.elements[name]].find((radio) => radio.value === value)?.dataset.label ?? "";

  return {
    wait,
    send,
    rows: () => queue.map(({ row }) => row),
    anyUnkept: () => queue.some((entry) => !entry.kept),
  };
}
