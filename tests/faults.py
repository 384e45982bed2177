"""What can happen to the running product, and what must come of it. Each function brings about one
fault, asserts the outcome, and returns how many seconds people waited, by name: the suite looks at
the outcome (tests/test_faults.py), `bench/faults.py` writes down the seconds."""

from __future__ import annotations

import re
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psutil
from django.utils import timezone

from .product import TOWN, Product, until

BRIEF = f"/m/{TOWN}/briefs/1/"
SETTING = "本文を組んでいます"
RECORDING = "版として記録しています"
HOLD_VOICES = "SELECT id FROM dialogues_voice FOR UPDATE"

Seconds = dict[str, float]


def since(began: float) -> float:
    return round(time.monotonic() - began, 2)


# -- Paper ---------------------------------------------------------------------------------------


def ask_for_edition(product: Product) -> str:
    """Approves the council's brief as it stands and asks for its next edition; the job's page."""
    _, page, _ = product.ask("GET", BRIEF)
    [(fingerprint,)] = product.query("SELECT approved_fingerprint FROM stories_brief WHERE id = 1")
    if found := re.search(r'name="fingerprint" value="(\w+)"', page):
        fingerprint = found[1]
    typed = {"fingerprint": fingerprint, "words": "声3件の同意を確かめました。"}
    status, page, _ = product.ask("POST", f"{BRIEF}approve/", typed)
    assert status == 302, page
    status, page, _ = product.ask("POST", f"{BRIEF}issue/")
    assert status == 302, page
    [(job,)] = product.query("SELECT max(id) FROM regions_job")
    return f"/m/{TOWN}/jobs/{job}/"


def job_of(product: Product, page: str) -> tuple:
    """State, step, attempts and number of editions."""
    number = int(page.rstrip("/").rpartition("/")[2])
    [row] = product.query(
        "SELECT state, step, attempts,"
        " (SELECT count(*) FROM stories_edition WHERE job_id = job.id)"
        " FROM regions_job job WHERE id = %s",
        number,
    )
    return row


def words_of(product: Product, page: str) -> str:
    status, words, _ = product.ask("GET", page)
    assert status == 200, words
    return words


def until_recording(product: Product, page: str) -> None:
    """The document is set, and waits for rows that the caller holds."""
    until(lambda: job_of(product, page)[:2] == ("running", RECORDING))


def until_done(product: Product, page: str, *, attempts: int) -> None:
    until(lambda: job_of(product, page)[0] == "done")
    assert job_of(product, page)[2:] == (attempts, 1)


def kill_child(product: Product) -> Seconds:
    with product.holding(HOLD_VOICES):
        page = ask_for_edition(product)
        until_recording(product, page)
        worker = psutil.Process(product.part("worker").process.pid)
        [child] = worker.children()
        child.kill()
        began = time.monotonic()
        until(lambda: job_of(product, page)[2] == 2)
        taken = since(began)
        assert worker.is_running()
        assert "はじめからやり直しています（2回め）" in words_of(product, page)
    until_done(product, page, attempts=2)
    return {"child_killed_taken_up": taken}


def kill_worker(product: Product) -> Seconds:
    """With its child; and started again, as who watches it would."""
    with product.holding(HOLD_VOICES):
        page = ask_for_edition(product)
        until_recording(product, page)
        product.end("worker", signal.SIGKILL)
        began = time.monotonic()
        until(lambda: "途中で止まりました" in words_of(product, page))
        told = since(began)
        until(lambda: "プログラムが止まっています" in words_of(product, page))
    product.start("worker")
    began = time.monotonic()
    until_done(product, page, attempts=2)
    return {"worker_killed_told": told, "worker_back_done": since(began)}


def lose_database_under_job(product: Product) -> Seconds:
    with product.holding(HOLD_VOICES):
        page = ask_for_edition(product)
        until_recording(product, page)
        product.restart(signal.SIGQUIT)
    began = time.monotonic()
    until_done(product, page, attempts=2)
    return {"database_crashed_job_done": since(began)}


def stopped_while_setting(product: Product) -> str:
    """The page of a job whose worker stands still while it sets the document, and holds no row."""
    for _ in range(5):
        page = ask_for_edition(product)
        until(lambda page=page: job_of(product, page)[1] in {SETTING, RECORDING})
        product.signal_all("worker", signal.SIGSTOP)
        if job_of(product, page)[:2] == ("running", SETTING):
            return page
        # It was quicker.
        product.signal_all("worker", signal.SIGCONT)
        until_done(product, page, attempts=1)
    raise AssertionError("never seen at work")


def withdraw_while_printing(product: Product) -> Seconds:
    [(voice,)] = product.query(
        "SELECT number FROM stories_briefquote quote"
        " JOIN dialogues_voice voice ON voice.id = voice_id WHERE brief_id = 1"
        " ORDER BY quote.id LIMIT 1"
    )
    page = stopped_while_setting(product)
    typed = {"asked_on": timezone.localdate().isoformat(), "asked_by": "phone"}
    status, words, _ = product.ask(
        "POST", f"/m/{TOWN}/voices/{voice}/withdraw/", typed | {"spoke": "others"}
    )
    assert status == 302, words
    product.signal_all("worker", signal.SIGCONT)
    until(lambda: job_of(product, page)[0] == "refused")
    assert job_of(product, page)[2:] == (1, 0)
    [(reason,)] = product.query("SELECT reason FROM regions_job ORDER BY id DESC LIMIT 1")
    assert "声" in reason, reason
    assert reason.splitlines()[0] in words_of(product, page)
    return {}


def broker_away(product: Product) -> Seconds:
    text = f"井戸端の声です（{uuid.uuid4()}）。"
    path, row = voice_form(product, text)
    product.end("Valkey")
    began = time.monotonic()
    assert product.ask("POST", path, row)[0] == 302
    saved = since(began)
    assert times_saved(product, text) == 1
    status, told = product.health()
    assert (status, told["saving"], told["paper"]) == (200, True, False)
    began = time.monotonic()
    page = ask_for_edition(product)
    asked = since(began)
    words = words_of(product, page)
    assert "順番を待っています" in words
    assert "プログラムが止まっています" in words
    product.start_valkey()
    began = time.monotonic()
    until_done(product, page, attempts=1)
    return {
        "broker_away_saved": saved,
        "broker_away_paper_asked": asked,
        "broker_back_done": since(began),
    }


# -- What is typed -------------------------------------------------------------------------------


def voice_form(product: Product, text: str) -> tuple[str, dict[str, str]]:
    """Address and fields of one voice typed on the capture page of the first interview."""
    [(interview, body)] = product.query(
        "SELECT interview_id, stakeholder_id FROM dialogues_attendance there"
        " JOIN regions_municipality town ON town.id = municipality_id"
        " WHERE town.code = %s ORDER BY there.id LIMIT 1",
        TOWN,
    )
    return f"/m/{TOWN}/interviews/{interview}/rows/", {
        "entry_key": str(uuid.uuid4()),
        "text": text,
        "prompt": "value",
        "form": "verbatim",
        "level": "B",
        "stakeholder": str(body),
    }


def times_saved(product: Product, text: str) -> int:
    return len(product.query("SELECT 1 FROM dialogues_voicetext WHERE text = %s", text))


@contextmanager
def killed(product: Product) -> Iterator[None]:
    product.end("PostgreSQL", signal.SIGKILL)
    try:
        yield
    finally:
        product.start_postgres()


@contextmanager
def standing_still(product: Product) -> Iterator[None]:
    """Connections stay open, and new ones are made; nothing is ever answered."""
    product.signal_all("PostgreSQL", signal.SIGSTOP)
    try:
        yield
    finally:
        product.signal_all("PostgreSQL", signal.SIGCONT)


def database_away(
    product: Product, how: Callable[[Product], AbstractContextManager[None]]
) -> Seconds:
    text = f"湯気の向こうの声です（{uuid.uuid4()}）。"
    path, row = voice_form(product, text)
    with how(product):
        began = time.monotonic()
        status, page, _ = product.ask("POST", path, row)
        refused = since(began)
        assert status == 503
        assert text in page
        assert "もう一度送る" in page
        assert "データベースにつながらない" in page
        began = time.monotonic()
        assert product.ask("GET", f"/m/{TOWN}/")[0] == 503
        refused = max(refused, since(began))
        status, told = until(lambda: not (found := product.health())[1]["saving"] and found)
        assert (status, told["database"]) == (503, False)
        began = time.monotonic()
        assert product.ask("GET", f"/m/{TOWN}/")[0] == 503
        known = since(began)
    began = time.monotonic()
    until(lambda: product.ask("POST", path, row)[0] == 302)
    back = since(began)
    assert times_saved(product, text) == 1
    until(lambda: product.health()[0] == 200)
    name = f"database_{how.__name__}"
    return {
        f"{name}_answer": refused,
        f"{name}_answer_later": known,
        f"{name}_back_first_good": back,
    }


def database_killed(product: Product) -> Seconds:
    return database_away(product, killed)


def database_standing_still(product: Product) -> Seconds:
    return database_away(product, standing_still)


FAULTS: tuple[Callable[[Product], Seconds], ...] = (
    kill_child,
    kill_worker,
    lose_database_under_job,
    broker_away,
    database_killed,
    database_standing_still,
    # Last: the brief's quote is gone afterwards.
    withdraw_while_printing,
)
