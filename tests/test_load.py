"""`make bench name=load` at toy size: the script runs, and nothing that was saved is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from config.local.engines import folders, pairs, processes


@pytest.fixture
def engines(monkeypatch):
    """A pair of its own, with its tables."""
    for name in pairs.ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    parts: list[processes.Part] = []
    base = folders.clone_folder()
    with ExitStack() as held:
        folder = held.enter_context(folders.throw_away_folder(base))
        held.callback(processes.stop_parts, parts)
        yield pairs.start_engines(base, folder, parts, logs=folder, durable=False, migrated=True)


def test_a_small_crowd_reads_and_saves_without_errors_and_loses_nothing(engines):
    told = subprocess.run(
        [sys.executable, "-m", "bench.load", "toy"],
        cwd=folders.CLONE,
        env=os.environ | engines | {"SECRET_KEY": "of-one-test"},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(told.stdout)
    assert (found["errors"], found["lost_saves"]) == (0, 0), told.stderr
    assert found["saves"] > 0
    measured = {"cpu_ms_per_request", "cpu_ms_floor", "rps_16", "rss_mb", "rss_mb_start"}
    waited = {"p95_ms_16", "p95_ms_100_users", "p95_ms_200_users"}
    assert measured | waited <= set(found)
    assert all(found[name] > 0 for name in measured | waited)
