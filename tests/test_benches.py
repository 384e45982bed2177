"""Every measurement at toy size: its script runs on the product as it is, and tells what it says."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack

import pytest

from config.local.engines import folders, pairs, processes

ELSEWHERE = {"faults": "tests/test_faults.py"}
"""Run with the processes that the tests there have started anyway."""
SCRIPTS = sorted(
    path.stem for path in (folders.CLONE / "bench").glob("*.py") if path.stem not in ELSEWHERE
)
NAMED = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b(?!_?<)")


def promised(script: str) -> set[str]:
    """The figures that its docstring names after 「Writes」."""
    source = (folders.CLONE / "bench" / f"{script}.py").read_text()
    words = ast.get_docstring(ast.parse(source)) or ""
    return set(NAMED.findall(words.partition("Writes")[2]))


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


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_runs_at_toy_size_and_tells_what_it_says(engines, script):
    told = subprocess.run(
        [sys.executable, "-m", f"bench.{script}", "toy"],
        cwd=folders.CLONE,
        env=os.environ | engines | {"SECRET_KEY": "of-one-test"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    found = json.loads(told.stdout)
    assert promised(script) <= set(found)
    assert all(value >= 0 for value in found.values())
    if script == "load":
        assert (found["errors"], found["lost_saves"]) == (0, 0), told.stderr
        assert found["saves"] > 0
