"""How long a person who types waits: one voice saved, the first page of voices, a search, and a
spreadsheet of voices taken in; in a town with 2,000 voices, through the web server, locks on.

Writes var/bench/typing.json: save_ms_p50, save_ms_p95, list_ms_p95, search_ms_p95,
import_rows_per_s, import_ratio_to_plain_read. The import is the whole of it, from the bytes of the
file to the rows in the database, as the worker carries it out; what it is compared with is openpyxl
reading the same cells and doing nothing with them, by turns in the same run.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import re
import statistics
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import django
from django.urls import reverse

from bench.locks import as_owner, prepare
from bench.parts.sizes import TOY, report
from config.memory import keep_what_is_loaded

CLONE = Path(__file__).resolve().parents[1]
TOWN, STAFF, PASSWORD = "990019", "tanto-99001", "tsumugi-no-michi"
PORT = 18_123
VOICES, SAVES, READS, ROWS = (60, 4, 4, 40) if TOY else (2_000, 200, 60, 10_000)
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
    words = ("-m", "config.web", "--log-level=warning")
    server = subprocess.Popen(
        [sys.executable, *words, "--port", str(PORT)], cwd=CLONE, env=environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                Browser().ask("GET", "/signin/")
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
    return taken[SAVES // 20 :]


def reading(browser: Browser) -> dict[str, list[float]]:
    voices = f"/m/{TOWN}/voices/"
    lists = [browser.timed("GET", voices) for _ in range(READS + 5)][5:]
    # Who searches all the time is asked to wait; so as often as one minute allows.
    paths = [f"{voices}?q={quote(SEARCHES[n % len(SEARCHES)])}" for n in range(4 if TOY else 50)]
    return {"list": lists, "search": [browser.timed("GET", path) for path in paths]}


TITLES = (
    "聴き取り番号",
    "関係者",
    "話し手の呼び名",
    "声",
    "問いかけ",
    "感情が動いた",
    "同意の範囲",
)
TITLES += ("対話が終わったあと", "配慮が要る", "そのときのようす")


def workbook(body: str, sentences: list[str]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("声")
    sheet.append(TITLES)
    prompts = ("価値を感じているもの", "困っていること")
    for n in range(ROWS):
        said = f"{sentences[n % len(sentences)]}（ファイルの{n}行め）"
        moved = n % 5 == 0
        row = ["聴-001", body, f"話し手{n % 9}", said, prompts[n % 2], "はい" if moved else "", "B"]
        sheet.append([*row, "", "", "少し間があった" if moved else ""])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def read_plainly(content: bytes) -> float:
    import openpyxl

    begun = time.perf_counter()
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).active
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) == ROWS + 1
    return time.perf_counter() - begun


def take_in(content: bytes) -> float:
    """Sent in, looked at, confirmed and written: what the worker does between the presses."""
    from regions.exchange import actions
    from regions.exchange.registry import table_of
    from regions.models import Import, ImportState, Municipality, User
    from regions.office.jobs import run
    from regions.people.access import Standing
    from regions.people.locks.doors import inside

    standing = Standing(User.objects.get(login_id=STAFF), Municipality.objects.get(code=TOWN))
    with inside(standing):
        row = actions.receive(
            table_of("voices"), name="声.xlsx", content=content, town=standing.town,
            by=standing.user,
        )  # fmt: skip
    begun = time.perf_counter()
    run(row.job_id)
    with inside(standing):
        row = Import.objects.get(pk=row.pk)
        assert (row.state, row.counts["new"]) == (ImportState.CHECKED, ROWS), row.findings
        actions.start(row, {}, version=row.updated_at.isoformat())
        row.refresh_from_db()
    run(row.job_id)
    taken = time.perf_counter() - begun
    with inside(standing):
        row.refresh_from_db()
        assert row.state == ImportState.DONE, (row.state, row.reason)
    return taken


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare()
    with as_owner() as owner:
        owner.execute("SELECT set_config('app.every_town', 'on', false)")
        [town] = owner.execute(
            "SELECT id FROM regions_municipality WHERE code = %s", [TOWN]
        ).fetchone()
        sentences = [
            text
            for (text,) in owner.execute(
                "SELECT text FROM dialogues_voicetext WHERE municipality_id = %s ORDER BY id",
                [town],
            )
        ]
        [body] = owner.execute(
            "SELECT body.name FROM dialogues_interview heard"
            " JOIN dialogues_attendance there ON there.interview_id = heard.id"
            " JOIN stakeholders_stakeholder body ON body.id = there.stakeholder_id"
            " WHERE heard.municipality_id = %s AND heard.number = 1",
            [town],
        ).fetchone()
        for statement in FILL.format(voices=VOICES, town=town).split(";\n"):
            owner.execute(statement)
    with web_server():
        browser = Browser()
        browser.sign_in()
        saves, reads = saving(browser, sentences), reading(browser)

    # What the web server does is over; this process is the worker now.
    os.environ["DATABASE_URL"] = os.environ["WORKER_DATABASE_URL"]
    django.setup()
    logging.disable(logging.INFO)
    content = workbook(body, sentences)
    # As a worker is since its first job.
    reverse("import", args=[TOWN, 1])
    keep_what_is_loaded()
    plain = [read_plainly(content)]
    whole = take_in(content)
    plain.append(read_plainly(content))
    found = {
        "save_ms_p50": round(statistics.median(saves), 1),
        "save_ms_p95": round(p95(saves), 1),
        "list_ms_p95": round(p95(reads["list"]), 1),
        "search_ms_p95": round(p95(reads["search"]), 1),
        "import_rows_per_s": round(ROWS / whole),
        "import_ratio_to_plain_read": round(whole / statistics.mean(plain), 2),
    }
    report("typing", found)


if __name__ == "__main__":
    main()
