// Which window is writing which row. Two windows of one browser on one interview would both put back
// the same draft, and make two voices of it. The browser lets go of a key when its window is closed
// or crashes. Over plain http it knows no locks; then the server finds the second one out.

const letGo = new Map();
const SLACK = 200;

function ask(key) {
  return new Promise((resolve) => {
    navigator.locks
      .request(`tsumugi-row:${key}`, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock && new Promise((release) => letGo.set(key, release));
      })
      .catch(() => resolve(true));
  });
}

// Whether this window is the one that writes the row with this key, from now on.
export async function hold(key) {
  if (!navigator.locks || letGo.has(key)) return true;
  if (await ask(key)) return true;
  // The page that is being left, on a reload, may hold it for a moment more.
  await new Promise((resolve) => window.setTimeout(resolve, SLACK));
  return ask(key);
}

export function release(key) {
  letGo.get(key)?.();
  letGo.delete(key);
}
