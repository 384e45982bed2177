// What the capture page asks of the server, and what became of it in words.
//
// When the session has ended, or someone signed in anew in another tab, the page's token no longer
// holds. A fresh one is fetched with the capture page itself, which also tells who is signed in
// now: what one person typed is never saved in another's name.

import { signInAgain } from "./session.js";

const ENDED = {
  again: true,
  ended: true,
  reason: "サインインの時間が切れています。サインインすると、この声を保存します。",
};
const SOMEONE_ELSE = {
  again: true,
  ended: true,
  reason: "いまは別の方がサインインしています。ご自分でサインインし直すと、この声を保存します。",
};
const BROKEN = { again: true, ended: false, reason: "保存できませんでした。しばらくして、もう一度保存します。" };
const OFFLINE = { again: true, ended: false, reason: "つながりません。つながったら、もう一度保存します。" };
const FAILED = "うまくいきませんでした。いまのまま残っています。もう一度お試しください。";
const CHOOSE = { refused: true, taken: true, again: false, ended: false };
const REFUSED = "この聴き取りに声を書けなくなっています。文を控えて、町の担当者に確かめてください。";

export function connection(form) {
  let token = form.elements.csrfmiddlewaretoken.value;
  let ended = false;

  function post(url, row, keepalive) {
    return fetch(url, {
      method: "POST",
      body: new URLSearchParams(row),
      headers: { "X-CSRFToken": token, "HX-Request": "true" },
      redirect: "manual",
      keepalive,
    });
  }

  // The form as the server gives it now, or a reason.
  async function anew() {
    const answer = await fetch(window.location.href, { redirect: "manual" });
    if (answer.type === "opaqueredirect") return { reason: ENDED };
    const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
    const fresh = page.getElementById("new");
    return fresh ? { fresh } : { reason: BROKEN };
  }

  // Null when the page's token holds again, or why it doesn't.
  async function renew() {
    const { fresh, reason } = await anew();
    if (reason) return reason;
    if (fresh.dataset.person !== form.dataset.person) return SOMEONE_ELSE;
    token = fresh.elements.csrfmiddlewaretoken.value;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": token }));
    ended = false;
    return null;
  }

  // The answer to a POST, with a fresh token where the old one no longer held; or a reason.
  async function sure(url, row, keepalive = false) {
    if (ended) {
      const reason = await renew();
      if (reason) return { reason };
    }
    let answer = await post(url, row, keepalive);
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      ended = true;
      return { reason: ENDED };
    }
    if (answer.status === 403) {
      const reason = await renew();
      ended = Boolean(reason);
      if (reason) return { reason };
      answer = await post(url, row, keepalive);
    }
    return { answer };
  }

  // {html} of the saved row; or {reason, again, ended}, and {refused} where trying again as it is
  // would not help, {taken} since its key belongs to other words.
  async function save(row) {
    try {
      const { answer, reason } = await sure(form.action, row);
      if (reason) return reason;
      if (answer.ok) return { html: await answer.text() };
      if (answer.status === 409) {
        const { errors } = await answer.json();
        return { ...CHOOSE, reason: `${errors.join(" ")}ちがう文なので、まだ保存していません。` };
      }
      if (answer.status === 422) {
        const { errors } = await answer.json();
        return { refused: true, again: false, ended: false, reason: errors.join(" ") };
      }
      if (answer.status === 403 || answer.status === 404) {
        return { refused: true, again: false, ended: false, reason: REFUSED };
      }
      return BROKEN;
    } catch {
      return OFFLINE;
    }
  }

  // What became of a saved row: {order, rows, …} as the server tells it, or {words}.
  async function act(url, fields) {
    try {
      let { answer, reason } = await sure(url, fields);
      if (reason?.ended) {
        await signInAgain();
        ({ answer, reason } = await sure(url, fields));
      }
      if (reason) return { words: reason.reason };
      const found = await answer.json();
      return answer.ok ? found : { words: found.words ?? FAILED };
    } catch {
      return { words: FAILED };
    }
  }

  // "kept", "saved" where it is a voice already, "ended" with the session, or "" where it could not
  // be kept.
  async function keep(draft, leaving = false) {
    try {
      const { answer, reason } = await sure(form.dataset.draftUrl, draft, leaving);
      if (reason?.ended) return "ended";
      return answer?.ok ? (await answer.json()).state : "";
    } catch {
      return "";
    }
  }

  // The newest draft of this person that the server has now, or undefined.
  async function draft() {
    try {
      const { fresh } = await anew();
      if (!fresh?.dataset.typedAt || fresh.dataset.person !== form.dataset.person) return;
      const { csrfmiddlewaretoken: _, ...fields } = Object.fromEntries(new FormData(fresh));
      return { ...fields, typed_at: fresh.dataset.typedAt };
    } catch {
      // Without a connection there is none.
    }
  }

  // A row being put right in its place keeps what was typed, whatever the answer.
  function tell(element, words) {
    const row = element.closest(".voice-row") ?? form;
    const notice = row.querySelector(":scope > .notice") ?? document.createElement("p");
    notice.className = "notice notice-wrong";
    notice.setAttribute("role", "alert");
    notice.textContent = words;
    row.prepend(notice);
  }

  async function unanswered(event) {
    event.stopPropagation();
    const reason = await renew().catch(() => OFFLINE);
    if (reason === ENDED || reason === SOMEONE_ELSE) {
      tell(event.target, "サインインの時間が切れています。別のタブでサインインしてから、もう一度押してください。");
    } else {
      tell(event.target, "うまくいきませんでした。書いたものはこのまま残っています。もう一度押してください。");
    }
  }

  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    const { requestPath, responsePath } = event.detail.pathInfo;
    if (responsePath && new URL(requestPath, window.location.href).pathname !== responsePath.split("?")[0]) {
      event.preventDefault();
      unanswered(event);
    }
  });
  document.body.addEventListener("htmx:responseError", unanswered);
  document.body.addEventListener("htmx:sendError", unanswered);

  return { save, keep, draft, act };
}
