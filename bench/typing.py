"""How long a person who types waits: one voice saved, the first page of voices, a search, and a
spreadsheet of voices taken in; in a town with 2,000 voices, through the web server, locks on.

Writes var/bench/typing.json: save_ms_p50, save_ms_p95, list_ms_p95, search_ms_p95,
import_rows_per_s, import_ratio_to_plain_read. The import is the whole of it, from the bytes of the
file to the rows in the database, as the worker carries it out; what it is compared with is openpyxl
reading the same cells and doing nothing with them, by turns in the same run.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

CLONE = Path(__file__).resolve().parents[1]
OUT = CLONE / "var" / "bench" / "typing.json"
TOWN, STAFF, PASSWORD = "990019", "tanto-99001", "tsumugi-no-michi"
PORT = 18_123
VOICES, SAVES, READS, ROWS = 2_000, 200, 60, 10_000
SEARCHES = ("湯", "畑 大根", "縁側", "送迎", "孫", "出番", "見つからないことば")

# Sentences of the demo's, each with an ending of its own, so that nothing is quite the same.
FILL = """
SELECT set_config('app.every_town', 'on', false);
INSERT INTO dialogues_voice (municipality_id, interview_id, stakeholder_id, speaker_id, number,
        position, prompt, form, moved, after_talk, sensitive, level, gone_as, revision, entry_key,
        created_at, updated_at)
    SELECT voice.municipality_id, voice.interview_id, voice.stakeholder_id, voice.speaker_id,
           1000 + n, 1000 + n, voice.prompt, voice.form, voice.moved, voice.after_talk, false,
           voice.level, '', 1, gen_random_uuid(), now(), now()
      FROM generate_series(1, {voices}) n
      JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS nth, count(*) OVER () AS n_all
              FROM dialogues_voice WHERE municipality_id = {town}) voice
        ON voice.nth = n % voice.n_all;
INSERT INTO dialogues_voicetext (id, voice_id, municipality_id, text, search_text, moved_note,
        sensitive_note, created_at, updated_at)
    SELECT voice.id, voice.id, voice.municipality_id, words.text || told.ending,
           words.search_text || told.ending, '', '', now(), now()
      FROM dialogues_voice voice
      JOIN (SELECT said.*, row_number() OVER (ORDER BY said.id) - 1 AS nth,
                   count(*) OVER () AS n_all
              FROM dialogues_voicetext said WHERE municipality_id = {town}) words
        ON words.nth = voice.number % words.n_all
     CROSS JOIN LATERAL (SELECT substr(translate(md5(voice.number::text), '0123456789abcdef',
                                'あいうえおかきくけこさしすせそた'), 1, 12) AS ending) told
     WHERE voice.municipality_id = {town} AND voice.number > 1000;
UPDATE dialogues_voicecounter SET last = 1000 + {voices} WHERE municipality_id = {town};
ANALYZE;
"""


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


class Browser:
    """One connection to the web server that is kept, as a browser keeps it."""

    def __init__(self) -> None:
        self.server = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, object] | None = None) -> str:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": self.cookies.get("csrftoken", ""),
        }
        if path.endswith("/rows/"):
            headers["HX-Request"] = "true"
        self.server.request(method, path, urlencode(form or {}), headers)
        answer = self.server.getresponse()
        body = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        assert answer.status in {200, 302}, (method, path, answer.status, body[:300])
        return body

    def sign_in(self) -> None:
        self.ask("GET", "/signin/")
        self.ask("POST", "/signin/", {"username": STAFF, "password": PASSWORD})
        assert "sessionid" in " ".join(self.cookies)

    def timed(self, method: str, path: str, form: dict[str, object] | None = None) -> float:
        begun = time.perf_counter()
        self.ask(method, path, form)
        return (time.perf_counter() - begun) * 1000


@contextmanager
def web_server():
    environment = os.environ | {"SECRET_KEY": "bench" * 12, "TSUMUGI_DEMO": "1", "SECURE_HTTPS": ""}
    words = ("-m", "uvicorn", "config.asgi:application", "--no-access-log", "--log-level=warning")
    server = subprocess.Popen(
        [sys.executable, *words, "--port", str(PORT)], cwd=CLONE, env=environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                Browser().ask("GET", "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait()


def saving(browser: Browser, sentences: list[str]) -> list[float]:
    """One interview's capture page, and a row after the other."""
    here = f"/m/{TOWN}/interviews/1/"
    page = browser.ask("GET", f"{here}capture/")
    body = re.search(r'<select name="stakeholder".*?<option value="(\d+)"', page, re.S)
    assert body
    taken = []
    for n in range(SAVES):
        row = {
            "text": f"{sentences[n % len(sentences)]}（{n}度め）",
            "prompt": "value",
            "form": "verbatim",
            "stakeholder": body[1],
            "call_name": "話し手1",
            "level": "B",
            "entry_key": uuid.uuid4(),
        }
        taken.append(browser.timed("POST", f"{here}rows/", row))
    return taken[10:]


def reading(browser: Browser) -> dict[str, list[float]]:
    voices = f"/m/{TOWN}/voices/"
    lists = [browser.timed("GET", voices) for _ in range(READS + 5)][5:]
    # Who searches all the time is asked to wait; so as often as one minute allows.
    paths = [f"{voices}?q={quote(SEARCHES[n % len(SEARCHES)])}" for n in range(50)]
    return {"list": lists, "search": [browser.timed("GET", path) for path in paths]}


def by_turns(work: Callable[[], float], other: Callable[[], float]) -> tuple[float, float]:
    """Seconds of both, the quicker of two each: what else the machine did makes either longer."""
    pairs = [(work(), other()) for _ in range(2)]
    return min(one for one, _ in pairs), min(two for _, two in pairs)
