// What the capture page and the ordinary forms share about keeping what is being typed.

// After a pause in typing, and while it goes on: [pause, at the latest], in milliseconds. In this
// browser; on the server; and on the server where nothing can be kept in this browser.
export const HERE = [300, 1000];
export const THERE = [1500, 6000];
export const THERE_ALONE = [800, 1500];
// How often it is asked for what was still being sent when its page was left, in milliseconds.
const UNDER_WAY = { pause: 200, times: 15 };

export const ENDED = "サインインの時間が切れています。";
export const SAID = {
  kept: () => `下書きを残しました（${clock()}）`,
  offline: "つながらないため、下書きをこのパソコンに残しています。",
  tooLong: "長すぎるため、下書きをこのパソコンだけに残しています。",
  nowhere: "下書きを残せていません。この画面を閉じないでください。",
  endedHere: `${ENDED}書きかけは、このパソコンに残しています。`,
  endedOnPage: `${ENDED}書きかけは、この画面にあります。`,
  ofOthers: (n) =>
    `このパソコンには、別の方の書きかけが${n}件あります。書いた方がサインインして、その画面を開くと戻ります。ほかの方には読めません。`,
};

// Runs `what` after a pause, or at the latest after a while of being called again and again.
export function unhurried([pause, latest], what) {
  let timer, due;
  function stop() {
    window.clearTimeout(timer);
    due = undefined;
  }
  function soon() {
    window.clearTimeout(timer);
    due ??= Date.now() + latest;
    timer = window.setTimeout(() => {
      due = undefined;
      what();
    }, Math.max(0, Math.min(pause, due - Date.now())));
  }
  return { soon, stop };
}

// When something was typed, by the clock of this PC, and never before what was typed elsewhere and is
// gone on with here: the server keeps what was typed last.
export function stamps(last) {
  return {
    next: () => (last = Math.max(Date.now(), last + 1)),
    after: (typedAt) => (last = Math.max(last, Number(typedAt))),
  };
}

function clock() {
  return new Date().toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit" });
}

// A draft that is sent while its page is being left may arrive after the page one comes back to was
// made. `place` names the form. Only the time is noted, for as long as the window is open.
export function leavingMark(place) {
  const name = `tsumugi-left:${place}`;

  // Tries `ask`, which gives the server's newest draft with its `typed_at`, until it has that one.
  async function underWay({ since, ask, over }) {
    const at = Number(sessionStorage.getItem(name));
    sessionStorage.removeItem(name);
    if (!at || at <= since) return [];
    for (let times = UNDER_WAY.times; times && !over(); times -= 1) {
      const draft = await ask();
      if (Number(draft?.typed_at) >= at) return [draft];
      await new Promise((resolve) => window.setTimeout(resolve, UNDER_WAY.pause));
    }
    return [];
  }

  return {
    note: (typedAt) => sessionStorage.setItem(name, typedAt),
    forget: () => sessionStorage.removeItem(name),
    underWay,
  };
}
