// Drafts kept in this browser, each sealed with a key that the server hands to its writer alone.
// Where the browser offers no cryptography (plain http), nothing is kept here.

const DATABASE = "tsumugi-drafts";
const STORE = "drafts";
const KEPT_FOR = 30 * 24 * 60 * 60 * 1000;

const nothing = {
  works: false,
  keep: async () => false,
  drop: async () => {},
  all: async () => [],
  elsewhere: async () => ({ others: 0, othersHere: 0, waiting: [] }),
};

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function database() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return asked(request);
}

function bytes(hex) {
  return new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
}

// `keep(draft)` tells whether it was kept; `all()` gives the drafts of this person in this place: a
// form, or the capture page of an interview. A draft has an `entry_key`.
export async function localDrafts({ person, place, key }) {
  if (!window.isSecureContext || !window.crypto?.subtle || !window.indexedDB) return nothing;
  try {
    const sealing = await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
    return drafts(await database(), sealing, `${person}:`, place);
  } catch {
    return nothing;
  }
}

function drafts(db, sealing, person, place) {
  const prefix = `${person}${place}:`;
  const store = (mode) => db.transaction(STORE, mode).objectStore(STORE);

  async function keep(draft) {
    try {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const words = new TextEncoder().encode(JSON.stringify(draft));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, sealing, words);
      // Beside what is sealed: where the page is, and whether a finished row waits to be sent.
      const { pathname: path } = window.location;
      const known = { id: prefix + draft.entry_key, at: Date.now(), path, waiting: Boolean(draft.waiting) };
      await asked(store("readwrite").put({ ...known, iv, sealed }));
      return true;
    } catch {
      return false;
    }
  }

  async function drop(entryKey) {
    try {
      await asked(store("readwrite").delete(prefix + entryKey));
    } catch {
      // It is dropped when it grows old.
    }
  }

  async function open(row) {
    try {
      const words = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, sealing, row.sealed);
      return [JSON.parse(new TextDecoder().decode(words))];
    } catch {
      return [];
    }
  }

  async function all() {
    try {
      const rows = await asked(store("readonly").getAll());
      const old = rows.filter((row) => Date.now() - row.at > KEPT_FOR);
      for (const row of old) store("readwrite").delete(row.id);
      const mine = rows.filter((row) => row.id.startsWith(prefix) && !old.includes(row));
      return (await Promise.all(mine.map(open))).flat();
    } catch {
      return [];
    }
  }

  // What is kept in this browser beside this page's drafts, and can't be read here: how many of
  // other people, how many of those in this place, and the pages on which rows of this person wait
  // to be sent.
  async function elsewhere() {
    try {
      const rows = await asked(store("readonly").getAll());
      const mine = rows.filter((row) => row.id.startsWith(person) && !row.id.startsWith(prefix));
      const others = rows.filter((row) => !row.id.startsWith(person));
      return {
        others: others.length,
        othersHere: others.filter((row) => row.id.includes(`:${place}:`)).length,
        waiting: [...new Set(mine.filter((row) => row.waiting).map((row) => row.path))],
      };
    } catch {
      return { others: 0, othersHere: 0, waiting: [] };
    }
  }

  return { works: true, keep, drop, all, elsewhere };
}
