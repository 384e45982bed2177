"""Gives every pytest run a PostgreSQL and a Valkey of its own (pytest's `-p` option loads this)."""

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from config.local.engines.pairs import throw_away_engines
from config.local.engines.processes import EngineError


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    # A wrapper runs before pytest-django reads the settings, whatever the order of plugins.
    if not {"help", "version"} & {
        name for name, value in vars(early_config.known_args_namespace).items() if value
    }:
        held = ExitStack()
        early_config.add_cleanup(held.close)
        try:
            environment = held.enter_context(throw_away_engines(migrated=True))
        except EngineError as error:
            raise pytest.UsageError(str(error)) from error
        for name, value in environment.items():
            os.environ.setdefault(name, value)
        # Each process of a run on several cores has a database of its own by itself; a broker so.
        if worker := os.environ.get("PYTEST_XDIST_WORKER"):
            number = int(worker.removeprefix("gw")) + 1
            os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("db=0", f"db={number}")
    return (yield)
