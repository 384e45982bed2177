"""Processes of the running product are killed, stopped and starved; what was asked for is done
once, what was typed is kept, and the pages say what happened. Outcomes are asserted here (and in
tests/faults.py), seconds are measured by bench/faults.py."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bench import faults as bench

from . import faults
from .faults import times_saved, voice_form
from .product import CHECKER, STAFF, TOWN, Product, running_product, until

pytestmark = pytest.mark.asvs("16.5.2", "16.5.3")


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running_product() as running:
        running.start("worker")
        running.start("scheduler")
        running.sign_in(CHECKER)
        yield running


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_is_lost_and_people_are_told(product, fault):
    fault(product)


def test_the_measurement_writes_what_it_saw(product, tmp_path):
    written = tmp_path / "faults.json"
    bench.measure(product, written, times=1, faults=[faults.broker_away])
    told = json.loads(written.read_text())
    assert set(told) == {"broker_away_saved", "broker_away_paper_asked", "broker_back_done"}
    assert all(seconds >= 0 for seconds in told.values())


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


FILLER = "filler"


def fill(folder: Path) -> None:
    """Takes all the room that is left in the folder."""
    with (folder / FILLER).open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(64 * 1024)):
            pass


def told_of_the_disk(product: Product, folder: Path) -> bool:
    """Between two looks the database may throw away a journal file: then there is room again."""
    fill(folder)
    status, told = product.health()
    return (status, told["database"], told["disk"]) == (503, True, False)


READ = ("", "voices/", "words/", "stories/", "briefs/", "stakeholders/")


def test_with_the_disk_full_saving_is_refused_with_the_text_and_reading_goes_on():
    with running_product(prepare=small_disk) as product:
        product.sign_in(STAFF)
        # A journal file that is full would end the database; a new one has room for all that follows.
        product.as_administrator("SELECT pg_switch_wal()", "CHECKPOINT")
        disk = product.folder / "postgres"
        fill(disk)
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
        # A look that took too long says less: that nothing can be saved.
        until(lambda: told_of_the_disk(product, disk))
        (disk / FILLER).unlink()
        assert product.ask("POST", path, row)[0] == 302
        for each in [*acknowledged, text]:
            assert times_saved(product, each) == 1
        until(lambda: product.health()[1]["saving"])
