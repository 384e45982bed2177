// Small things every page shares. Each page works without this file.

// What a form may carry (settings.DATA_UPLOAD_MAX_MEMORY_SIZE), less some room for its frame.
const MOST_BYTES = 2_500_000 - 100_000;

// Words above a form or a part of the page; read out at once.
function tell(element, words) {
  const place = element.closest("form") ?? element;
  const notice = place.querySelector(":scope > [data-told]") ?? document.createElement("p");
  notice.dataset.told = "";
  notice.className = "notice notice-wrong";
  notice.setAttribute("role", "alert");
  notice.textContent = words;
  place.prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
}

// Too much is refused here, where all of it still stands in the form.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post" || form.id === "new") return;
    const file = form.querySelector("input[type=file][data-most]");
    if ([...(file?.files ?? [])].some((each) => each.size > Number(file.dataset.most))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      tell(form, `ファイルが大きすぎるため、送っていません（${Math.floor(file.dataset.most / 1048576)}MBまで）。いくつかのファイルに分けてください。`);
      return;
    }
    const size = new URLSearchParams(new FormData(form)).toString().length;
    if (size <= MOST_BYTES) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tell(form, "文が大きすぎるため、送っていません。書いたものはこのまま残っています。いくつかに分けて保存してください。");
  },
  true,
);

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  window.setTimeout(() => delete form.dataset.sent, 4000);
});

// Enter that ends a kana-kanji conversion never sends a form.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) {
      event.stopImmediatePropagation();
    }
  },
  true,
);

// The page that comes back with errors begins at the first of them.
document.querySelector("[aria-invalid=true]")?.focus();

// Filters act at once where scripts run; the button stays for where they do not.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// A part of the page that could not be fetched or saved says so in its place.
const UNREACHED = "つながりませんでした。書いたものはこのまま残っています。もう一度お試しください。";

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) return; // session.js asks to sign in
  let told = {};
  try {
    told = JSON.parse(event.detail.xhr.responseText);
  } catch {
    // An answer from something between us and the server.
  }
  const number = told.number ? `（受付番号 ${told.number}）` : "";
  tell(event.detail.elt, `${told.words ?? UNREACHED}${number}`);
});
document.addEventListener("htmx:sendError", (event) => tell(event.detail.elt, UNREACHED));
