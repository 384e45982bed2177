"""Both engines together, kept for the demo or thrown away after one run."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .folders import clone_folder, locked, throw_away_folder
from .migrated import copy_migrated
from .postgres import start_postgres
from .processes import Part, stop_parts
from .programs import postgres_programs, valkey_program
from .valkey import start_valkey

ADDRESSES = (
    "DATABASE_URL",
    "WORKER_DATABASE_URL",
    "OWNER_DATABASE_URL",
    "BACKUP_DATABASE_URL",
    "REDIS_URL",
)


def start_engines(
    base: Path,
    folder: Path,
    parts: list[Part],
    *,
    logs: Path,
    durable: bool,
    migrated: bool = False,
) -> dict[str, str]:
    """DATABASE_URL (with those of the worker, the owner and backups) and REDIS_URL, each started here unless
    the caller's environment names one. `migrated` is for a folder that has no data yet."""
    addresses = {name: os.environ[name] for name in ADDRESSES if os.environ.get(name)}
    with locked(base):
        programs = None if "DATABASE_URL" in addresses else postgres_programs(base)
        program = None if "REDIS_URL" in addresses else valkey_program(base)
    if programs is not None:
        if migrated:
            copy_migrated(base, programs, folder / "postgres")
            addresses["MIGRATED_DATABASE"] = "tsumugi"
        addresses |= start_postgres(folder, programs, parts, logs=logs, durable=durable)
    if program is not None:
        addresses["REDIS_URL"] = start_valkey(folder, program, parts, logs=logs)
    return addresses


@contextmanager
def throw_away_engines(*, migrated: bool = False) -> Iterator[dict[str, str]]:
    """A pair for one run, gone with everything in it afterwards. Yields the environment to set;
    MIGRATED_DATABASE in it names a database that has its tables, if one was asked for."""
    base = clone_folder()
    parts: list[Part] = []
    with ExitStack() as held:
        folder = held.enter_context(throw_away_folder(base))
        held.callback(stop_parts, parts)
        addresses = start_engines(
            base, folder, parts, logs=folder, durable=False, migrated=migrated
        )
        yield {"SECRET_KEY": "only-for-a-throw-away-database", **addresses}
