// The session's end: a warning before it, and signing in again over the same page, so that what was
// typed stays. Each page works without this file: it then goes to the page of signing in.

const place = document.getElementById("session");
const WARN_SECONDS = 120;
const SLACK_SECONDS = 5;
const TRY_AGAIN = 30_000;
const PAUSE = 1000;

const ELSEWHERE =
  "いまは別の方がサインインしています。この画面の内容は送れません。「別の方としてサインインする」から入り直してください。";
const UNREACHED = "つながりません。しばらくして、もう一度お試しください。";

let timer;
let asking;
let pausing;
let pressed = -PAUSE;

// --- What other scripts use ---

// Resolves when the person of this page is signed in again.
export function signInAgain() {
  asking ??= askUnlessIn().finally(() => {
    asking = undefined;
    look();
  });
  return asking;
}

// As signInAgain, in a pause: what is typed from paper, without looking up, goes where it belongs.
export function signInAtPause() {
  pausing ??= pause().then(signInAgain).finally(() => {
    pausing = undefined;
  });
  return pausing;
}

async function pause() {
  let left;
  while (!asking && (left = pressed + PAUSE - performance.now()) > 0) {
    await new Promise((go_on) => window.setTimeout(go_on, left));
  }
}

// As fetch; where the session has ended, the same is asked again after signing in over the page.
// `body` is a function, so that it is made anew with the page's fresh token.
export async function send(url, { body, ...options }) {
  const headers = { ...options.headers, "X-Requested-With": "fetch" };
  const answer = await fetch(url, { ...options, headers, body: body() });
  if (answer.status !== 401) return answer;
  await signInAgain();
  return fetch(url, { ...options, headers, body: body() });
}

// --- Counting down ---

async function stay(method = "GET") {
  const headers = { "X-Requested-With": "fetch" };
  if (method === "POST") headers["X-CSRFToken"] = token();
  const answer = await fetch(place.dataset.stay, { method, headers });
  return answer.status === 401 ? null : answer.json();
}

function wait(seconds) {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, Math.max(1, seconds) * 1000);
}

// Another tab, or a request of this one, may have extended the session: the server knows.
async function look() {
  if (asking) return;
  let found;
  try {
    found = await stay();
  } catch {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, TRY_AGAIN);
    return;
  }
  if (!found || String(found.person) !== place.dataset.person) {
    hush();
    signInAgain();
  } else if (found.left > WARN_SECONDS + SLACK_SECONDS) {
    hush();
    wait(found.left - WARN_SECONDS);
  } else {
    warn(found);
    wait(found.left);
  }
}

function warn({ left, extends: extensible }) {
  if (place.firstChild) return;
  const words = document.createElement("p");
  const how_long = left > 60 ? "あと2分ほど" : "まもなく";
  words.textContent = extensible
    ? `${how_long}でサインインの時間が切れます。`
    : `${how_long}で、サインインしてから10時間になります。書いたものを保存してください。`;
  place.append(words);
  if (!extensible) return;
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "small",
    textContent: "つづける",
  });
  button.addEventListener("click", async () => {
    await stay("POST").catch(() => {});
    hush();
    look();
  });
  place.append(button);
}

function hush() {
  place.replaceChildren();
}

// --- Signing in over the page ---

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
}

function renew(fresh) {
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = fresh;
  document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": fresh }));
}

async function tell(url, fields, fresh) {
  const answer = await fetch(url, {
    method: fields ? "POST" : "GET",
    headers: { "X-Requested-With": "fetch", ...(fresh && { "X-CSRFToken": fresh }) },
    body: fields && new URLSearchParams(fields),
  });
  return answer.json();
}

const isOurs = ({ state, person }) => state === "in" && String(person) === place.dataset.person;

// An answer that was under way while one signed in tells of a session that has ended before.
async function askUnlessIn() {
  const found = await tell(place.dataset.signin).catch(() => ({}));
  if (isOurs(found)) renew(found.token);
  else await ask();
}

function ask() {
  const dialog = document.getElementById("session-again").content.firstElementChild.cloneNode(true);
  const form = dialog.querySelector("form");
  const part = (name) => dialog.querySelector(`[data-part=${name}]`);
  const came = document.activeElement;
  let step = "password";
  let over;

  function say(words) {
    part("error").textContent = words && `＊${words}`;
    part("error").hidden = !words;
  }

  function turn(to) {
    step = to;
    part("password").hidden = to !== "password";
    part("code").hidden = to !== "code";
    form.elements[to].focus();
  }

  async function submit() {
    const fresh = await tell(place.dataset.signin);
    if (fresh.state === "in") return finish(fresh);
    const { username, password, code, shared } = form.elements;
    const found =
      step === "code"
        ? await tell(place.dataset.code, { code: code.value }, fresh.token)
        : await tell(
            place.dataset.signin,
            {
              username: username.value,
              password: password.value,
              person: place.dataset.person,
              ...(shared.checked && { shared: "on" }),
            },
            fresh.token,
          );
    if (found.state === "in") return finish(found);
    if (found.state === "ended") turn("password");
    else if (found.state === "code") turn("code");
    say(found.words ?? "");
    form.elements[step].select();
  }

  function finish(found) {
    if (!isOurs(found)) return say(ELSEWHERE);
    renew(found.token);
    dialog.close();
    dialog.remove();
    if (came?.isConnected) came.focus();
    over();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    say("");
    await submit().catch(() => say(UNREACHED));
  });
  // The page behind it belongs to someone who may have gone away.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  form.elements.username.value = place.dataset.login;
  form.elements.shared.checked = "shared" in place.dataset;
  dialog.showModal();
  form.elements.password.focus();
  return new Promise((resolve) => {
    over = resolve;
  });
}

// --- What the page itself asks through htmx ---

function repeat({ elt, triggeringEvent }) {
  if (!elt.isConnected || !triggeringEvent) return;
  const submitter = triggeringEvent.submitter;
  if (elt.matches("form")) elt.requestSubmit(submitter?.isConnected ? submitter : undefined);
  else window.htmx.trigger(elt, triggeringEvent.type);
}

if (place) {
  document.addEventListener("keydown", () => (pressed = performance.now()), true);
  document.addEventListener("htmx:beforeOnLoad", async (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.preventDefault();
    await signInAgain();
    repeat(event.detail.requestConfig);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  wait(Number(place.dataset.left) - WARN_SECONDS);
}
