// 声を入れる: a row is saved when it is finished, and typing never waits for it. A row that could
// not be saved stays in sight with the reason and is tried again. The page works without this file.

import { connection } from "./capture-connection.js";
import { localDrafts } from "./local-drafts.js";
import { signInAgain } from "./session.js";

const LONGEST = 2000;
const LOCAL_PAUSE = 300;
const SERVER_PAUSE = 1500;
const TRY_AGAIN = [2000, 5000, 10000, 30000];
const MARKS = { Digit5: "moved", Digit6: "after_talk", Digit7: "sensitive" };

const form = document.getElementById("new");
if (form) start();

async function start() {
  const text = form.elements.text;
  const state = document.getElementById("state");
  const server = connection(form);
  const queue = [];
  // Versions of the row being typed: what is there, and what is kept somewhere.
  let typed = 0;
  let kept = 0;
  let localTimer, serverTimer, tryTimer;
  let failures = 0;
  let sending = false;

  form.autocomplete = "off";
  const local = await localDrafts(form.dataset);

  // --- The row being typed ---

  function fields() {
    const found = Object.fromEntries(new FormData(form));
    delete found.csrfmiddlewaretoken;
    return found;
  }

  function fill(found) {
    for (const field of form.elements) {
      if (!field.name || field.name === "csrfmiddlewaretoken") continue;
      if (field.type === "radio") field.checked = field.value === found[field.name];
      else if (field.type === "checkbox") field.checked = field.name in found;
      else if (field.name in found) field.value = found[field.name];
    }
  }

  // Body, speaker, level and form are taken over, but for level A, which is agreed to each time;
  // the prompt begins with what is valued.
  function next() {
    text.value = "";
    if (form.elements.level.value === "A") form.elements.level.value = "B";
    form.elements.entry_key.value = freshKey();
    form.elements.prompt[0].checked = true;
    for (const name of Object.values(MARKS)) form.elements[name].checked = false;
    document.getElementById("put-back")?.remove();
    window.clearTimeout(localTimer);
    window.clearTimeout(serverTimer);
    typed = kept = 0;
    wrong("");
  }

  function wrong(words) {
    const error = document.getElementById("text-error");
    error.hidden = !words;
    error.textContent = words && `＊${words}`;
    if (words) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
  }

  function finish() {
    const row = fields();
    const length = [...row.text.trim().replaceAll("\r\n", "\n")].length;
    text.focus();
    if (!length) return wrong("声が空です。");
    if (length > LONGEST) {
      return wrong(`1つの声は${LONGEST}字までです（いま${length}字）。2つの声に分けてください。`);
    }
    const entry = { row, kept: kept === typed && typed > 0, reason: "", ended: false, refused: false };
    wait(entry);
    next();
    send();
  }

  function wait(entry) {
    queue.push(entry);
    draw(entry);
    local.keep({ ...entry.row, waiting: true }).then((done) => (entry.kept ||= done));
  }

  // --- Drafts ---

  function changed() {
    typed += 1;
    const version = typed;
    window.clearTimeout(localTimer);
    window.clearTimeout(serverTimer);
    localTimer = window.setTimeout(() => keepHere(version), LOCAL_PAUSE);
    serverTimer = window.setTimeout(() => keepThere(version), SERVER_PAUSE);
  }

  const draftOf = () => ({ ...fields(), typed_at: String(Date.now()) });

  async function keepHere(version) {
    const draft = draftOf();
    if (!draft.text.trim()) await local.drop(draft.entry_key);
    else if (!(await local.keep(draft))) return false;
    if (draft.entry_key !== form.elements.entry_key.value) {
      // Finished meanwhile: what is kept of it is the finished row.
      const entry = queue.find(({ row }) => row.entry_key === draft.entry_key);
      if (entry) await local.keep({ ...entry.row, waiting: true });
      else await local.drop(draft.entry_key);
      return true;
    }
    kept = Math.max(kept, version);
    return true;
  }

  async function keepThere(version, leaving = false) {
    const draft = draftOf();
    const answer = await server.keep(draft, leaving);
    if (draft.entry_key !== form.elements.entry_key.value) return;
    if (answer) {
      kept = Math.max(kept, version);
      say(draft.text.trim() ? `下書きを残しました（${clock()}）` : "");
    } else if (await keepHere(version)) {
      if (kept) say("つながらないため、下書きをこのパソコンに残しています。");
    }
    if (kept < version) say("下書きを残せていません。この画面を閉じないでください。");
  }

  function say(words) {
    state.textContent = words;
  }

  // --- Rows on their way ---

  async function send() {
    if (sending) return;
    sending = true;
    window.clearTimeout(tryTimer);
    let entry;
    while ((entry = queue.find(({ refused }) => !refused))) {
      const answer = await server.save(entry.row);
      if (answer.taken) {
        // Saved before with other words, in another window: these are a row of their own.
        await local.drop(entry.row.entry_key);
        entry.row.entry_key = freshKey();
        await local.keep({ ...entry.row, waiting: true });
        continue;
      }
      Object.assign(entry, answer);
      if (answer.html) await arrived(entry);
      else draw(entry);
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

  async function arrived(entry) {
    queue.splice(queue.indexOf(entry), 1);
    entry.item?.remove();
    document.getElementById("no-rows").hidden = true;
    const rows = document.getElementById("rows");
    rows.insertAdjacentHTML("beforeend", entry.html);
    window.htmx?.process(rows.lastElementChild);
    const name = entry.row.call_name.trim();
    const names = document.getElementById("call-names");
    if (name && ![...names.options].some((option) => option.value === name)) {
      names.append(new Option("", name));
    }
    const label = rows.lastElementChild.querySelector(".voice-row-head > *").textContent;
    say(`${label}を保存しました。`);
    if (form.contains(document.activeElement)) form.scrollIntoView({ block: "end" });
    await local.drop(entry.row.entry_key);
  }

  function draw(entry) {
    const { row } = entry;
    if (!entry.item) {
      entry.item = document.getElementById("pending-row").content.firstElementChild.cloneNode(true);
      document.getElementById("pending").append(entry.item);
      const button = (name) => entry.item.querySelector(`[data-part=${name}]`);
      button("again").addEventListener("click", () => again(entry));
      button("signin").addEventListener("click", () => signInAgain().then(() => again(entry)));
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
    part("again").hidden = !entry.reason;
    if (entry.reason) say("保存できていない声があります。続けて書けます。");
  }

  function again(entry) {
    if (entry.refused) {
      entry.row.text = entry.item.querySelector("[data-part=rewrite]").value;
      entry.refused = false;
      local.keep({ ...entry.row, waiting: true });
    }
    entry.reason = "";
    draw(entry);
    text.focus();
    send();
  }

  const bodyOf = (value) =>
    [...form.elements.stakeholder.options].find((option) => option.value === value)?.text ?? "";
  const labelOf = (name, value) =>
    [...form.elements[name]].find((radio) => radio.value === value)?.dataset.label ?? "";

  // --- What was left unfinished here ---

  async function putBack() {
    const found = await local.all();
    for (const { waiting, ...row } of found.filter((draft) => draft.waiting)) {
      if (row.entry_key === form.elements.entry_key.value && !typed) next();
      wait({ row, kept: true, reason: "", ended: false, refused: false });
    }
    const [newest] = found
      .filter((draft) => !draft.waiting && draft.text.trim())
      .sort((one, other) => other.typed_at - one.typed_at);
    if (newest && Number(newest.typed_at) > Number(form.dataset.typedAt || 0)) {
      if ((await server.keep(newest)) === "saved") await local.drop(newest.entry_key);
      else if (!typed) {
        fill(newest);
        noticePutBack();
      }
    }
    send();
  }

  function noticePutBack() {
    if (document.getElementById("put-back")) return;
    const notice = Object.assign(document.createElement("p"), {
      id: "put-back",
      className: "notice",
      textContent: "書きかけの声を戻しました。",
    });
    form.prepend(notice);
  }

  // --- Keys and events ---

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!event.repeat) finish();
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const focus = document.activeElement;
    if (focus !== document.body && !form.contains(focus)) return;
    const prompt = /^Digit([1-4])$/.exec(event.code);
    if (prompt) form.elements.prompt[Number(prompt[1]) - 1].checked = true;
    else if (event.code in MARKS) form.elements[MARKS[event.code]].checked ^= true;
    else return;
    event.preventDefault();
    changed();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    finish();
  });
  form.addEventListener("input", changed);
  text.addEventListener("input", () => {
    wrong("");
    form.querySelector(".notice-wrong")?.remove();
  });
  window.addEventListener("online", send);
  window.addEventListener("focus", send);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && kept < typed) keepThere(typed, true);
  });
  window.addEventListener("beforeunload", (event) => {
    const lost = (kept < typed && text.value.trim()) || queue.some((entry) => !entry.kept);
    if (lost) event.preventDefault();
  });

  await putBack();
  form.scrollIntoView({ block: "end" });
  form.dataset.ready = "1";
}

function freshKey() {
  // crypto.randomUUID is missing where the page came over plain http.
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[6] = (random[6] & 0x0f) | 0x40;
  random[8] = (random[8] & 0x3f) | 0x80;
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function clock() {
  return new Date().toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit" });
}
