// The saved rows above the box: reached by arrow keys, moved, split, joined, deleted and put back.
// Each of these is a button as well, in the row that is opened with 「直す」, and works without this.

export function savedRows({ form, text, server, say }) {
  const list = document.getElementById("rows");

  const reachable = () => [...list.children].filter((row) => row.dataset.number || row.id === "undo");
  const numbered = (number) => document.getElementById(`row-${number}`);
  const box = (row) => row.querySelector("textarea");

  // --- Going there and back ---

  function reach(row) {
    const goal = row.querySelector("[data-undo]") ?? box(row) ?? row;
    if (goal === row) row.tabIndex = -1;
    goal.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function last() {
    const row = reachable().at(-1);
    if (row) reach(row);
    return Boolean(row);
  }

  function step(row, by) {
    const rows = reachable();
    const next = rows[rows.indexOf(row) + by];
    if (next) reach(next);
    else if (by > 0) text.focus();
    else document.querySelector("#earlier a")?.click();
  }

  // --- What is done to them ---

  const beside = (row, by) => {
    const rows = reachable().filter((each) => each.dataset.number);
    return rows[rows.indexOf(row) + by];
  };

  let acting = false;

  async function act(row, verb) {
    if (acting) return;
    const opened = row.querySelector("form[hx-post]");
    const above = beside(row, -1);
    const below = beside(row, 1);
    const needed = { up: above, down: below, join: above }[verb];
    if (["up", "down", "join"].includes(verb) && !needed) return say("その先に、声はありません。");
    acting = true;
    const answer = await server.act(`${form.action}${row.dataset.number}/act/`, {
      ...(opened && Object.fromEntries(new FormData(opened))),
      do: verb,
      "row-read_revision":
        opened?.elements["row-read_revision"].value ?? row.dataset.revision,
      ...(verb === "split" && box(row) && { at: String(box(row).selectionStart) }),
      ...(above && { above: above.dataset.number, above_revision: above.dataset.revision }),
      ...(below && { below: below.dataset.number }),
    });
    acting = false;
    if (answer.words) refuse(row, answer.words);
    else settle(answer, row);
  }

  function refuse(row, words) {
    const notice = row.querySelector(":scope > .notice-wrong") ?? document.createElement("p");
    notice.className = "notice notice-wrong";
    notice.setAttribute("role", "alert");
    notice.textContent = `＊${words}`;
    row.prepend(notice);
  }

  function made(html) {
    const holder = document.createElement("ol");
    holder.innerHTML = html;
    return holder.firstElementChild;
  }

  function settle({ said, focus, order, rows, undo }, acted) {
    if (acted.id !== "undo") forget();
    const place = acted.nextElementSibling;
    for (const [number, html] of Object.entries(rows)) {
      const row = made(html);
      if (numbered(number)) numbered(number).replaceWith(row);
      else list.append(row);
      window.htmx?.process(row);
    }
    if (acted.id === "undo" || !order.includes(Number(acted.dataset.number))) acted.remove();
    // `order` tells of the rows around: they stand together, and the others stay where they are.
    const around = order.map(numbered).filter(Boolean);
    let at = [...list.children].find((each) => around.includes(each));
    for (const row of around) {
      if (row === at) at = row.nextElementSibling;
      else list.insertBefore(row, at);
    }
    if (undo) list.insertBefore(made(undo), place?.isConnected ? place : null);
    document.getElementById("no-rows").hidden = reachable().length > 0;
    const goal = (undo && document.getElementById("undo")) || numbered(focus);
    if (goal) reach(goal);
    say(said);
  }

  // The offer to undo stays until something else is done.
  function forget() {
    document.getElementById("undo")?.remove();
  }

  async function putBack(row) {
    const { action } = row.querySelector("form");
    const answer = await server.act(action, {});
    if (answer.words) refuse(row, answer.words);
    else settle(answer, row);
  }

  // --- Keys and events ---

  const WITH_ALT = { ArrowUp: "up", ArrowDown: "down", KeyJ: "join" };

  function onRow(event, row) {
    const { key, code, altKey } = event;
    const plain = !altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (altKey && !event.ctrlKey && code in WITH_ALT && row.dataset.number) {
      act(row, WITH_ALT[code]);
    } else if (!plain) return;
    else if (key === "ArrowUp") step(row, -1);
    else if (key === "ArrowDown") step(row, 1);
    else if (key === "Home") reach(reachable()[0]);
    else if (key === "End") last();
    else if (key === "Escape") text.focus();
    else if (key === "Enter" && event.target === row) row.querySelector(".voice-row-edit").click();
    else if (key === "Delete" && row.dataset.number) act(row, "delete");
    else return;
    event.preventDefault();
  }

  function inOpened(event, row) {
    if (event.isComposing || event.keyCode === 229) return;
    const { key, code, altKey, ctrlKey, shiftKey, target } = event;
    if (key === "Escape") row.querySelector("[data-close]").click();
    else if (altKey && !ctrlKey && code === "KeyS") act(row, "split");
    else if (key === "Enter" && target === box(row) && altKey) target.setRangeText("\n", target.selectionStart, target.selectionEnd, "end");
    else if (key === "Enter" && target === box(row) && !shiftKey) target.form.requestSubmit();
    else return;
    event.preventDefault();
  }

  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("#rows > li");
    if (!row) return;
    if (row.classList.contains("voice-row-open")) inOpened(event, row);
    else onRow(event, row);
  });

  // Before htmx and the page's own sending.
  document.addEventListener(
    "submit",
    (event) => {
      const row = event.target.closest("#rows > li");
      const verb = event.submitter?.name === "do" && event.submitter.value;
      if (event.defaultPrevented || !row || (!verb && row.id !== "undo")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (verb) act(row, verb);
      else putBack(row);
    },
    true,
  );

  // What htmx drew anew gets the focus back.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const number = /\/rows\/(\d+)\//.exec(event.detail.pathInfo?.requestPath ?? "")?.[1];
    const row = number && numbered(number);
    if (!row) return;
    forget();
    if (document.activeElement === document.body || row.contains(document.activeElement)) reach(row);
  });

  return { last, forget };
}
