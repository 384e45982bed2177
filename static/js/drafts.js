// What is typed into a form of a town is kept while it is typed, sealed in this browser and on the
// server, and put back when the form is opened again. The capture page does the same for its rows
// (capture.js). Each form works without this file; the page then offers the draft to be read.

import { HERE, leavingMark, SAID, stamps, THERE, THERE_ALONE, unhurried } from "./drafting.js";
import { fieldsOf, fill, fits, homeless, same } from "./form-fields.js";
import { freshKey } from "./fresh-key.js";
import { hold, release } from "./held-keys.js";
import { localDrafts } from "./local-drafts.js";
import { signInAtPause } from "./session.js";

// As much as the server keeps of one form (regions/drafts/views.py), in letters.
const LONGEST = 200_000;
// What a browser still sends of a page that is being left, in bytes.
const MOST_LEAVING = 60_000;
// The page's own query, beside the fields.
const QUERY = "?";
const MARK = "input[data-draft]";

async function start(mark) {
  if ("begun" in mark.dataset) return;
  mark.dataset.begun = "";
  const { form } = mark;
  const { path, url, person, seal: key } = mark.dataset;
  const left = leavingMark(path);
  const local = await localDrafts({ person, place: path, key });
  // Versions of what is in the fields: what is there, and what is kept somewhere.
  let typed = 0;
  let kept = 0;
  let keptThere = 0;
  let sent = false;
  const stamp = stamps(0);
  form.autocomplete = "off";
  // What there is to go back to; nothing, where the form came back unsaved.
  const saved = "cameBack" in mark.dataset ? null : fieldsOf(form);
  const here = unhurried(HERE, () => keepHere(typed));
  const there = unhurried(local.works ? THERE : THERE_ALONE, () => keepThere(typed));
  const state = stateLine(form);

  function say(words) {
    if (state.textContent !== words) state.textContent = words;
  }

  // --- Keeping ---

  const draftOf = () => ({
    entry_key: mark.value,
    typed_at: stamp.next(),
    fields: { ...fieldsOf(form), [QUERY]: [window.location.search] },
  });

  const unchanged = () => saved !== null && same(saved, fieldsOf(form));

  function changed() {
    typed += 1;
    here.soon();
    there.soon();
  }

  // Another window has saved what had this key; what is typed now is something new.
  function beginAnew() {
    release(mark.value);
    mark.value = freshKey();
    hold(mark.value);
  }

  async function keepHere(version) {
    const draft = draftOf();
    if (unchanged()) await local.drop(draft.entry_key);
    else if (!(await local.keep(draft))) return false;
    kept = Math.max(kept, version);
    return true;
  }

  // "kept", "saved", "discarded", "ended" with the session, or "" where it could not be kept.
  async function ask(body, leaving = false) {
    const words = JSON.stringify(body);
    const headers = {
      "Content-Type": "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
      "X-Requested-With": "fetch",
    };
    const keepalive = leaving && new TextEncoder().encode(words).length < MOST_LEAVING;
    try {
      const answer = await fetch(url, { method: "POST", headers, body: words, redirect: "manual", keepalive });
      // 403 is what a page gets whose person signed in anew in another window.
      if ([401, 403].includes(answer.status)) return "ended";
      return answer.ok ? (await answer.json()).state : "";
    } catch {
      return "";
    }
  }

  const send = ({ entry_key, typed_at, fields }, leaving) =>
    ask({ key: entry_key, path, typed_at: Number(typed_at), fields }, leaving);

  const lengthOf = (fields) => JSON.stringify(fields).length;

  async function keepThere(version, leaving = false, again = false) {
    const draft = draftOf();
    const nothing = unchanged();
    const short = lengthOf(draft.fields) <= LONGEST;
    if (leaving && !nothing) left.note(String(draft.typed_at));
    let answer = "";
    if (nothing) answer = await ask({ key: draft.entry_key, discard: true }, leaving);
    else if (short) answer = await send(draft, leaving);
    if (leaving) left.forget();
    if (!mark.isConnected || sent || draft.entry_key !== mark.value) return;
    if (answer === "saved") {
      await local.drop(draft.entry_key);
      beginAnew();
      changed();
    } else if (answer === "ended" && !again) {
      say((await keepHere(version)) ? SAID.endedHere : SAID.endedOnPage);
      if (!leaving) signInAtPause().then(() => keepThere(typed, false, true));
    } else if (answer && answer !== "ended") {
      kept = Math.max(kept, version);
      keptThere = Math.max(keptThere, version);
      say(nothing ? "" : SAID.kept());
    } else if (await keepHere(version)) {
      say(short ? SAID.offline : SAID.tooLong);
    }
    if (kept < version) say(SAID.nowhere);
  }

  // --- Putting back ---

  const newest = (drafts) => drafts.sort((one, other) => other.typed_at - one.typed_at);

  function contentIn(page) {
    const there = [...page.querySelectorAll(MARK)].find((each) => each.dataset.path === path);
    const block = there?.dataset.content && page.getElementById(there.dataset.content);
    if (!block || there.dataset.person !== person) return [];
    return [{ ...JSON.parse(block.textContent), entry_key: there.value, there: true }];
  }

  async function onServer() {
    try {
      const answer = await fetch(window.location.href, { redirect: "manual" });
      if (!answer.ok) return;
      return contentIn(new DOMParser().parseFromString(await answer.text(), "text/html"))[0];
    } catch {
      // Without a connection there is none.
    }
  }

  // The newest draft that was not saved in the meantime. Where signing in ended just now, nobody
  // could say: it is offered then, since put in over what was saved it would look like a conflict.
  async function find() {
    const known = contentIn(document);
    const since = Number(known[0]?.typed_at ?? 0);
    const late = await left.underWay({ since, ask: onServer, over: () => typed > 0 });
    for (const draft of newest([...late, ...known, ...(await local.all())])) {
      if (draft.there) return draft;
      const answer = lengthOf(draft.fields) <= LONGEST ? await send(draft) : "";
      if (answer !== "saved") return { ...draft, perhapsSaved: answer === "ended" };
      await local.drop(draft.entry_key);
    }
  }

  function takeOver(draft) {
    if (mark.value !== draft.entry_key) release(mark.value);
    mark.value = draft.entry_key;
    hold(mark.value);
    stamp.after(draft.typed_at);
    fill(form, draft.fields);
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const notice = form.querySelector(".notice.draft") ?? newNotice();

  function newNotice() {
    const made = document.createElement("div");
    made.className = "notice draft";
    made.setAttribute("role", "status");
    return made;
  }

  // `buttons` are [words, what they do].
  function tell(words, ...buttons) {
    const line = document.createElement("p");
    line.textContent = words;
    const made = buttons.map(([label, act]) => {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "small second",
        textContent: label,
      });
      button.addEventListener("click", act);
      return button;
    });
    line.append(...made.flatMap((button) => [" ", button]));
    notice.replaceChildren(line);
    if (!notice.isConnected) mark.after(notice);
  }

  const discarding = () => (form.querySelector("[name=submit_key]") ? "書きかけを捨てる" : "保存されている内容にもどす");

  function putIn(draft) {
    takeOver(draft);
    tell(`書きかけを戻しました（${moment(draft.typed_at)}）。`, [discarding(), discard]);
    showHomeless(draft.fields);
  }

  // What was typed into rows that are others now is shown to be copied, and goes into none of them.
  function showHomeless(fields) {
    const texts = homeless(form, fields);
    if (!texts.length) return;
    const list = document.createElement("details");
    list.open = true;
    const title = document.createElement("summary");
    title.textContent = "この画面に入れる欄のない書きかけ（写しを取れます）";
    const shown = texts.map((text) => {
      const words = document.createElement("p");
      words.className = "draft-words";
      words.textContent = text;
      return words;
    });
    list.append(title, ...shown);
    notice.append(list);
  }

  function offer(draft) {
    const words = `書きかけがあります（${moment(draft.typed_at)}）。`;
    const drop = ["書きかけを捨てる", () => forget(draft).then(() => tell("書きかけを捨てました。"))];
    if (fits(form, draft.fields)) tell(words, ["書きかけを戻す", () => putIn(draft)], drop);
    else {
      tell(`${words}そのあとに行が変わったため、欄には戻していません。`, drop);
      showHomeless(draft.fields);
    }
  }

  async function forget({ entry_key }) {
    await Promise.all([local.drop(entry_key), ask({ key: entry_key, discard: true })]);
  }

  async function discard() {
    const draft = draftOf();
    here.stop();
    there.stop();
    fill(form, saved);
    beginAnew();
    kept = typed;
    say("");
    tell("書きかけを捨てました。", ["元にもどす", () => {
      putIn({ ...draft, entry_key: freshKey() });
      changed();
    }]);
    await forget(draft);
  }

  async function putBack() {
    if (saved === null) return changed();
    const draft = await find();
    if (draft) {
      const query = draft.fields[QUERY]?.[0] ?? "";
      const asked = window.location.search !== "" && window.location.search !== query;
      if (!(await hold(draft.entry_key))) {
        mark.value = freshKey();
        tell("この画面の書きかけが、もう一つの画面にあります。ここで書いたものは、別に残します。");
      } else if (typed || asked || draft.perhapsSaved || !fits(form, draft.fields)) {
        if (mark.value === draft.entry_key) beginAnew();
        offer(draft);
      } else putIn(draft);
    }
    await hold(mark.value);
    const { othersHere } = await local.elsewhere();
    if (othersHere && !draft) tell(SAID.ofOthers(othersHere));
  }

  // --- Events ---

  form.addEventListener("input", changed);
  form.addEventListener("change", ({ target }) => {
    if (target !== form) changed();
  });
  document.addEventListener("visibilitychange", () => {
    const unkept = kept < typed && !sent && mark.isConnected;
    if (document.visibilityState === "hidden" && unkept) keepThere(typed, true);
  });
  window.addEventListener("beforeunload", (event) => {
    if (kept < typed && !sent && mark.isConnected && !unchanged()) event.preventDefault();
  });
  // After everybody else who may stop it. What is not on the server yet goes there as well, in case
  // the form is not saved; where it is, the server throws that away.
  window.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented || event.submitter?.formAction.endsWith(url)) return;
    if (typed) keepHere(typed);
    if (keptThere < typed && !unchanged()) send(draftOf(), true);
    here.stop();
    there.stop();
    sent = true;
    window.setTimeout(() => (sent = false), 4000);
  });

  await putBack();
  form.dataset.draftReady = "";
}

// The one place that says what became of what is being typed, beside the button.
function stateLine(form) {
  const line = document.createElement("p");
  line.className = "quiet draft-state";
  line.setAttribute("role", "status");
  const doing = [...form.querySelectorAll(".doing")].at(-1);
  (doing ?? form).append(line);
  return line;
}

// 11月29日 14:05
function moment(typedAt) {
  const at = new Date(Number(typedAt));
  const time = at.toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit" });
  return `${at.getMonth() + 1}月${at.getDate()}日 ${time}`;
}

for (const mark of document.querySelectorAll(MARK)) start(mark);

// Forms that htmx brings later.
document.addEventListener("htmx:load", ({ detail }) => {
  for (const mark of detail.elt.querySelectorAll?.(MARK) ?? []) start(mark);
});
