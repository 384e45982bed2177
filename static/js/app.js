// Small things every page shares. Each page works without this file.

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

// Where the session has ended, an answer is the sign-in page: go there as a whole page, and come
// back here, instead of putting it inside this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const came = new URL(event.detail.xhr.responseURL || location.href);
  if (!came.pathname.startsWith("/signin/")) return;
  event.detail.shouldSwap = false;
  location.assign(`/signin/?next=${encodeURIComponent(location.pathname + location.search)}`);
});
