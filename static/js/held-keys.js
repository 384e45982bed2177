// Which window is writing which row. Two windows of one browser on one interview would both put back
// the same draft, and make two voices of it. The browser lets go of a key when its window is closed
// or crashes. Over plain http it knows no locks; then the server finds the second one out.

const letGo = new Map();
// The page that is being left, on a reload, may hold its key for a moment more.
const SLACK = 1000;

// Whether this window is the one that writes the row with this key, from now on.
export async function hold(key) {
  if (!navigator.locks || letGo.has(key)) return true;
  return new Promise((resolve) => {
    navigator.locks
      .request(`tsumugi-row:${key}`, { signal: AbortSignal.timeout(SLACK) }, () => {
        resolve(true);
        return new Promise((release) => letGo.set(key, release));
      })
      .catch(({ name }) => resolve(!["AbortError", "TimeoutError"].includes(name)));
  });
}

export function release(key) {
  letGo.get(key)?.();
  letGo.delete(key);
}
