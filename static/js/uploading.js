// A large file on its way shows how far it is. The form works without this file.

const TOLD = "tsumugi-upload-told";

const form = document.querySelector("form[data-most]");
if (form) start(form);

function start(form) {
  const file = form.querySelector("input[type=file]");
  const bar = form.querySelector("progress");
  const state = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  const most = Number(form.dataset.most);
  const say = (words) => (state.textContent = words);

  say(sessionStorage.getItem(TOLD) ?? "");
  sessionStorage.removeItem(TOLD);

  form.addEventListener("submit", (event) => {
    const chosen = file.files[0];
    if (!chosen) return;
    event.preventDefault();
    event.stopPropagation();
    if (chosen.size > most) {
      say(`ファイルが大きすぎます（${Math.ceil(chosen.size / 1e6)}MB）。${most / 1e6}MBまでです。`);
      return;
    }
    send();
  });

  function send() {
    const request = new XMLHttpRequest();
    bar.hidden = false;
    button.disabled = true;
    say("送っています。このページを閉じないでください。");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = loaded / total;
      say(loaded < total ? `送っています（${Math.floor((loaded / total) * 100)}%）。` : "暗号にしています。");
    });
    request.addEventListener("load", () => arrived(request));
    request.addEventListener("error", () => stopped("つながりませんでした。もう一度お試しください。"));
    request.open("POST", form.action);
    request.send(new FormData(form));
  }

  function stopped(words) {
    bar.hidden = true;
    button.disabled = false;
    say(words);
  }

  // Taken: the server led on. Refused: the page came back with words beside the fields.
  function arrived(request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const led = request.status === 200 && !page.querySelector("form[data-most] .error, .notice-wrong");
    if (led) {
      // The words of the page that was led to are shown once, and this was the once.
      sessionStorage.setItem(TOLD, page.querySelector(".messages")?.textContent.trim() ?? "");
      window.location.assign(request.responseURL);
      return;
    }
    const words = [...page.querySelectorAll(".error p, .notice-wrong p, main h1 + p")];
    stopped(words.map((each) => each.textContent.trim()).join(" ") || "預けられませんでした。");
  }
}
