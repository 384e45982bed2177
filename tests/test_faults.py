"""Processes of the running product are killed, stopped and starved; what was asked for is done
once, what was typed is kept, and the pages say what happened. Order and outcome are asserted here,
seconds in bench/faults.py."""

from __future__ import annotations

import re
import signal
import uuid
from collections.abc import Iterator

import psutil
import pytest

from .product import CHECKER, TOWN, Product, running_product, until

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


def save_voice(product: Product, text: str) -> tuple[int, str]:
    """One voice typed on the capture page of the first interview."""
    [(interview, body)] = product.query(
        "SELECT interview_id, stakeholder_id FROM dialogues_attendance there"
        " JOIN regions_municipality town ON town.id = municipality_id"
        " WHERE town.code = %s ORDER BY there.id LIMIT 1",
        TOWN,
    )
    row = {
        "entry_key": str(uuid.uuid4()),
        "text": text,
        "prompt": "value",
        "form": "verbatim",
        "level": "B",
        "stakeholder": str(body),
    }
    status, words, _ = product.ask("POST", f"/m/{TOWN}/interviews/{interview}/rows/", row)
    return status, words


def is_saved(product: Product, text: str) -> bool:
    return bool(product.query("SELECT 1 FROM dialogues_voicetext WHERE text = %s", text))


def test_with_the_broker_away_all_but_paper_goes_on_and_paper_follows(product):
    product.end("Valkey")
    status, _ = save_voice(product, "井戸端の声です。")
    assert status == 302
    assert is_saved(product, "井戸端の声です。")
    page = ask_for_edition(product)
    words = words_of(product, page)
    assert "順番を待っています" in words
    assert "プログラムが止まっています" in words
    product.start_valkey()
    until(lambda: job_of(product, page)[0] == "done")
    assert job_of(product, page)[2:] == (1, 1)
