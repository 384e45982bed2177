// Pages of signing in: what is typed into a password field can be looked at; papers are printed.
// They work without this file.

for (const field of document.querySelectorAll("[data-secret]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second small show-secret";
  button.setAttribute("aria-controls", field.id);
  const label = field.labels[0]?.firstChild.textContent.trim() ?? "";
  const draw = () => {
    const shown = field.type === "text";
    const which = Object.assign(document.createElement("span"), {
      className: "hidden-words",
      textContent: `${label}を`,
    });
    button.replaceChildren(which, shown ? "隠す" : "表示する");
  };
  button.addEventListener("click", () => {
    field.type = field.type === "text" ? "password" : "text";
    draw();
    field.focus();
  });
  // A password that stands open is not left in what the browser remembers of forms.
  field.form.addEventListener("submit", () => {
    field.type = "password";
  });
  draw();
  field.after(button);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
