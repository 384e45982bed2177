"""Processes of the running product are killed, stopped and starved; what was asked for is done
once, what was typed is kept, and the pages say what happened. Order and outcome are asserted here,
seconds in bench/faults.py."""

from __future__ import annotations

import re
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from django.utils import timezone

from .product import CHECKER, STAFF, TOWN, Product, running_product, until

pytestmark = pytest.mark.asvs("16.5.2", "16.5.3")
BRIEF = f"/m/{TOWN}/briefs/1/"
RECORDING = "版として記録しています"


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running_product() as running:
        running.start("worker")
        running.start("scheduler")
        running.sign_in(CHECKER)
        yield running


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
    """The document is set, and waits for its voices, which the test holds."""
    until(lambda: job_of(product, page)[:2] == ("running", RECORDING))


def test_a_killed_child_has_its_job_done_again_at_once_and_once(product):
    with product.holding("SELECT id FROM dialogues_voice FOR UPDATE"):
        page = ask_for_edition(product)
        until_recording(product, page)
        worker = psutil.Process(product.part("worker").process.pid)
        [child] = worker.children()
        child.kill()
        until(lambda: job_of(product, page)[2] == 2)
        assert worker.is_running()
        assert "はじめからやり直しています（2回め）" in words_of(product, page)
    until(lambda: job_of(product, page)[0] == "done")
    assert job_of(product, page)[2:] == (2, 1)


def test_a_killed_worker_is_told_of_and_its_job_done_when_it_is_back(product):
    with product.holding("SELECT id FROM dialogues_voice FOR UPDATE"):
        page = ask_for_edition(product)
        until_recording(product, page)
        product.end("worker", signal.SIGKILL)
        until(lambda: "途中で止まりました" in words_of(product, page))
        until(lambda: "プログラムが止まっています" in words_of(product, page))
    product.start("worker")
    until(lambda: job_of(product, page)[0] == "done")
    assert job_of(product, page)[2:] == (2, 1)


def test_a_job_that_lost_its_database_is_done_again_and_once(product):
    with product.holding("SELECT id FROM dialogues_voice FOR UPDATE"):
        page = ask_for_edition(product)
        until_recording(product, page)
        product.restart(signal.SIGQUIT)
    until(lambda: job_of(product, page)[0] == "done")
    assert job_of(product, page)[2:] == (2, 1)


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
    yield
    product.start_postgres()


@contextmanager
def standing_still(product: Product) -> Iterator[None]:
    """Connections stay open, and new ones are made; nothing is ever answered."""
    product.signal_all("PostgreSQL", signal.SIGSTOP)
    try:
        yield
    finally:
        product.signal_all("PostgreSQL", signal.SIGCONT)


@pytest.mark.parametrize("away", [killed, standing_still])
def test_while_the_database_is_away_words_come_back_and_are_saved_once_after(product, away):
    text = f"湯気の向こうの声です（{away.__name__}）。"
    path, row = voice_form(product, text)
    with away(product):
        status, page, _ = product.ask("POST", path, row)
        assert status == 503
        assert text in page
        assert "もう一度送る" in page
        assert "データベースにつながらない" in page
        assert product.ask("GET", f"/m/{TOWN}/")[0] == 503
        status, told = until(lambda: not (found := product.health())[1]["saving"] and found)
        assert (status, told["database"]) == (503, False)
    until(lambda: product.ask("POST", path, row)[0] == 302)
    assert times_saved(product, text) == 1
    until(lambda: product.health()[0] == 200)


def test_with_the_broker_away_all_but_paper_goes_on_and_paper_follows(product):
    product.end("Valkey")
    path, row = voice_form(product, "井戸端の声です。")
    assert product.ask("POST", path, row)[0] == 302
    assert times_saved(product, "井戸端の声です。") == 1
    status, told = product.health()
    assert (status, told["saving"], told["paper"]) == (200, True, False)
    page = ask_for_edition(product)
    words = words_of(product, page)
    assert "順番を待っています" in words
    assert "プログラムが止まっています" in words
    product.start_valkey()
    until(lambda: job_of(product, page)[0] == "done")
    assert job_of(product, page)[2:] == (1, 1)


def test_a_job_whose_voice_is_withdrawn_meanwhile_is_refused_and_says_why(product):
    [(brief, voice)] = product.query(
        "SELECT brief_id, number FROM stories_briefquote quote"
        " JOIN dialogues_voice voice ON voice.id = voice_id WHERE brief_id = 1"
        " ORDER BY quote.id LIMIT 1"
    )
    product.end("worker", signal.SIGTERM)
    page = ask_for_edition(product)
    with product.holding("SELECT id FROM stories_brief WHERE id = %s FOR NO KEY UPDATE", brief):
        product.start("worker")
        until_recording(product, page)
        withdraw = f"/m/{TOWN}/voices/{voice}/withdraw/"
        typed = {
            "asked_on": timezone.localdate().isoformat(),
            "asked_by": "phone",
            "spoke": "others",
        }
        status, words, _ = product.ask("POST", withdraw, typed)
        assert status == 302, words
    until(lambda: job_of(product, page)[0] == "refused")
    assert job_of(product, page)[2:] == (1, 0)
    assert "取り下げ" in words_of(product, page)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """The database's folder on a disk of its own."""
    place = folder / "postgres"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400m", "none", place], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a disk of its own needs the right to mount one (root)")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(folder: Path) -> Path:
    """What takes all the room that is left in the folder."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(64 * 1024)):
            pass
    return filler


READ = ("", "voices/", "board/", "stories/", "briefs/", "stakeholders/")


def test_with_the_disk_full_saving_is_refused_with_the_text_and_reading_goes_on():
    with running_product(prepare=small_disk) as product:
        product.sign_in(STAFF)
        # A journal file that is full would end the database; a new one has room for all that follows.
        product.as_administrator("SELECT pg_switch_wal()", "CHECKPOINT")
        filler = fill(product.folder / "postgres")
        acknowledged = []
        for n in range(100):
            text = f"{n}枚目の、とても長い話です。" + "".join(
                f"{n}の{each}。" for each in range(300)
            )
            path, row = voice_form(product, text)
            status, page, _ = product.ask("POST", path, row)
            if status != 302:
                break
            acknowledged.append(text)
        assert status == 507, page
        assert text in page
        assert "データを置く場所がいっぱい" in page
        assert "もう一度送る" in page
        for each in READ:
            assert product.ask("GET", f"/m/{TOWN}/{each}")[0] == 200, each
        status, told = until(lambda: not (found := product.health())[1]["saving"] and found)
        assert (status, told["database"], told["disk"]) == (503, True, False)
        filler.unlink()
        assert product.ask("POST", path, row)[0] == 302
        for each in [*acknowledged, text]:
            assert times_saved(product, each) == 1
        until(lambda: product.health()[1]["saving"])
