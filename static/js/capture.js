// 声を入れる: a row is saved when it is finished, and typing never waits for it. A row that could
// not be saved stays in sight with the reason and is tried again. The page works without this file.

import { connection } from "./capture-connection.js";
import { waitingRows } from "./capture-queue.js";
import { savedRows } from "./capture-rows.js";
import { HERE, leavingMark, SAID, stamps, THERE, THERE_ALONE, unhurried } from "./drafting.js";
import { freshKey } from "./fresh-key.js";
import { hold, release } from "./held-keys.js";
import { isBlank } from "./invisible.js";
import { localDrafts } from "./local-drafts.js";
import { signInAtPause } from "./session.js";

const LONGEST = 2000;
// As much as the server keeps of a row that is not finished.
const LONGEST_DRAFT = 18_000;
const MARKS = { Digit5: "moved", Digit6: "after_talk", Digit7: "sensitive" };

const form = document.getElementById("new");
if (form) start();

async function start() {
  const text = form.elements.text;
  const state = document.getElementById("state");
  const server = connection(form);
  const stamp = stamps(Number(form.dataset.typedAt));
  const left = leavingMark(form.dataset.interview);
  // Versions of the row being typed: what is there, and what is kept somewhere.
  let typed = 0;
  let kept = 0;

  form.autocomplete = "off";
  const { person, interview, key } = form.dataset;
  const local = await localDrafts({ person, place: interview, key });
  const saved = savedRows({ form, text, server, say });
  const queue = waitingRows({ form, text, server, local, say, arrived: saved.forget });
  const here = unhurried(HERE, () => keepHere(typed));
  const there = unhurried(local.works ? THERE : THERE_ALONE, () => keepThere(typed));

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

  // Body, speaker, prompt, level and form are taken over, but for level A, which is agreed to each
  // time.
  function next() {
    text.value = "";
    if (form.elements.level.value === "A") form.elements.level.value = "B";
    form.elements.entry_key.value = freshKey();
    hold(form.elements.entry_key.value);
    for (const name of Object.values(MARKS)) form.elements[name].checked = false;
    document.getElementById("put-back")?.remove();
    here.stop();
    there.stop();
    typed = kept = 0;
    wrong("");
  }

  function wrong(words) {
    const error = document.getElementById("text-error");
    error.hidden = !words;
    error.textContent = words && `＊${words}`;
    if (words) {
      say("");
      text.setAttribute("aria-invalid", "true");
    } else text.removeAttribute("aria-invalid");
  }

  const lengthOf = (words) => [...words.trim().replaceAll("\r\n", "\n")].length;

  function tooLong(length) {
    wrong(`1つの声は${LONGEST}字までです（いま${length}字）。2つの声に分けてください。`);
  }

  // Puts the row among those to be saved. False where it can't be saved as it is.
  function finish() {
    const row = fields();
    const length = lengthOf(row.text);
    text.focus();
    if (isBlank(row.text)) wrong("声が空です。");
    else if (length > LONGEST) tooLong(length);
    else {
      queue.wait(row, kept === typed && typed > 0);
      next();
      queue.send();
      return true;
    }
    return false;
  }

  function finishOpen() {
    const before = form.elements.level.value;
    form.elements.level.value = "A";
    const done = finish();
    if (!done) form.elements.level.value = before;
    return done;
  }

  function nextPrompt() {
    const prompts = [...form.elements.prompt];
    const at = prompts.findIndex((prompt) => prompt.checked);
    const prompt = prompts[(at + 1) % prompts.length];
    prompt.checked = true;
    say(`問いかけは「${prompt.dataset.label}」です。`);
  }

  // The next of those who spoke; a new one's sheet begins with what is valued.
  function nextSpeaker() {
    const { stakeholder, call_name: name, prompt } = form.elements;
    const speakers = [...stakeholder.options].flatMap(({ value }) => {
      const rows = document.querySelectorAll(`#rows > [data-body="${value}"]`);
      const names = new Set([...rows].map((row) => row.dataset.speaker));
      for (const waiting of queue.rows()) {
        if (waiting.stakeholder === value) names.add(waiting.call_name.trim());
      }
      if (value === stakeholder.value) names.add(name.value.trim());
      // The first one of a body is called so unless another name is written.
      if (![...names].some(Boolean)) names.add("話し手1");
      return [...names].map((each) => [value, each]);
    });
    const at = speakers.findIndex(
      ([value, each]) => value === stakeholder.value && each === name.value.trim(),
    );
    [stakeholder.value, name.value] = speakers[(at + 1) % speakers.length];
    if (!text.value.trim()) prompt[0].checked = true;
    say(`${stakeholder.selectedOptions[0].text}・${name.value || "話し手は不明"}`);
  }

  // --- Drafts ---

  function changed() {
    typed += 1;
    here.soon();
    there.soon();
  }

  const draftOf = () => ({ ...fields(), typed_at: String(stamp.next()) });

  async function keepHere(version) {
    const draft = draftOf();
    if (!draft.text.trim()) await local.drop(draft.entry_key);
    else if (!(await local.keep(draft))) return false;
    if (draft.entry_key !== form.elements.entry_key.value) {
      // Finished meanwhile: what is kept of it is the finished row.
      const row = queue.rows().find(({ entry_key: key }) => key === draft.entry_key);
      if (row) await local.keep({ ...row, waiting: true });
      else await local.drop(draft.entry_key);
      return true;
    }
    kept = Math.max(kept, version);
    return true;
  }

  async function keepThere(version, leaving = false) {
    const draft = draftOf();
    const fits = draft.text.length <= LONGEST_DRAFT;
    if (leaving && draft.text.trim()) left.note(draft.typed_at);
    const answer = fits && (await server.keep(draft, leaving));
    if (leaving) left.forget();
    if (draft.entry_key !== form.elements.entry_key.value) return;
    if (answer === "ended") {
      say((await keepHere(version)) ? SAID.endedHere : SAID.endedOnPage);
      if (!leaving) signInAtPause().then(() => keepThere(typed));
      return;
    }
    if (answer) {
      kept = Math.max(kept, version);
      say(draft.text.trim() ? SAID.kept() : "");
    } else if (await keepHere(version)) {
      if (kept && fits) say(SAID.offline);
      else if (kept) say(SAID.tooLong);
    }
    if (kept < version) say(SAID.nowhere);
  }

  function say(words) {
    state.textContent = words;
  }

  // --- What was left unfinished here ---

  const underWay = () =>
    left.underWay({
      since: Number(form.dataset.typedAt),
      ask: server.draft,
      over: () => typed > 0,
    });

  async function putBack() {
    const notes = [];
    if (!(await hold(form.elements.entry_key.value)) && !typed) {
      next();
      notes.push("この聴き取りの書きかけが、もう一つの画面にあります。ここでは、新しい声を書けます。");
    }
    const found = [...(await local.all()), ...(await underWay())];
    for (const { waiting, ...row } of found.filter((draft) => draft.waiting)) {
      if (!(await hold(row.entry_key))) continue;
      if (row.entry_key === form.elements.entry_key.value && !typed) next();
      queue.wait(row, true);
    }
    const [newest] = found
      .filter((draft) => !draft.waiting && draft.text.trim())
      .sort((one, other) => other.typed_at - one.typed_at);
    if (newest && Number(newest.typed_at) > Number(form.dataset.typedAt || 0)) {
      const mine = await hold(newest.entry_key);
      if (mine && (await server.keep(newest)) === "saved") await local.drop(newest.entry_key);
      else if (mine && !typed) {
        release(form.elements.entry_key.value);
        fill(newest);
        stamp.after(newest.typed_at);
        noticePutBack();
      }
    }
    const { others, waiting } = await local.elsewhere();
    if (others) {
      notes.push(SAID.ofOthers(others));
    }
    tellElsewhere(notes, waiting);
    queue.send();
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

  function tellElsewhere(notes, waiting) {
    const place = document.getElementById("elsewhere");
    place.replaceChildren(...notes);
    for (const path of waiting) {
      const link = Object.assign(document.createElement("a"), { href: path, textContent: "その画面を開く" });
      place.append("ほかの聴き取りに、まだ送れていない声があります。", link);
    }
    place.hidden = !place.hasChildNodes();
  }

  // --- Keys and events ---

  const composing = (event) => event.isComposing || event.keyCode === 229;
  const plain = (event) => !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;

  text.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const atStart = text.selectionStart === 0 && text.selectionEnd === 0;
    if (event.key === "ArrowUp" && plain(event) && atStart) {
      if (saved.last()) event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    if (event.repeat) return;
    if (event.altKey) breakLine();
    else if (event.ctrlKey) finishOpen();
    else finish();
  });

  // As in a cell of a spreadsheet.
  function breakLine() {
    text.setRangeText("\n", text.selectionStart, text.selectionEnd, "end");
    changed();
  }

  // The speaker's name is written and one goes on typing.
  form.elements.call_name.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || composing(event) || !plain(event)) return;
    event.preventDefault();
    text.focus();
  });

  function press({ code, ctrlKey }) {
    const { prompt, level } = form.elements;
    const digit = /^Digit([1-4])$/.exec(code);
    const letter = /^Key([ABC])$/.exec(code);
    if (code === "KeyN") {
      if (!text.value.trim() || (ctrlKey ? finishOpen() : finish())) nextPrompt();
    } else if (ctrlKey) return false;
    else if (digit) prompt[Number(digit[1]) - 1].checked = true;
    else if (letter) level.value = letter[1];
    else if (code in MARKS) form.elements[MARKS[code]].checked ^= true;
    else if (code === "KeyK") nextSpeaker();
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.metaKey || event.shiftKey || event.repeat) return;
    const focus = document.activeElement;
    if (focus !== document.body && !form.contains(focus)) return;
    if (!press(event)) return;
    event.preventDefault();
    changed();
  });

  // The list of the keys, wherever one isn't writing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select")) return;
    const keys = document.getElementById("keys");
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
    event.preventDefault();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    finish();
  });
  form.addEventListener("input", changed);
  text.addEventListener("input", () => {
    // A whole document that was pasted is refused at once, before any of it is sent.
    if (text.value.length > LONGEST_DRAFT) tooLong(lengthOf(text.value));
    else wrong("");
    form.querySelector(".notice-wrong")?.remove();
  });
  window.addEventListener("online", queue.send);
  window.addEventListener("focus", queue.send);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && kept < typed) keepThere(typed, true);
  });
  window.addEventListener("beforeunload", (event) => {
    const lost = (kept < typed && text.value.trim()) || queue.anyUnkept();
    if (lost) event.preventDefault();
  });

  await putBack();
  form.scrollIntoView({ block: "end" });
  form.dataset.ready = "1";
}
