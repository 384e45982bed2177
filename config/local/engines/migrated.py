"""A PostgreSQL whose database is migrated already, for tests: kept until what makes it changes.

Migrating takes a quarter of a minute of work and gives the same every time, so it is done once
for each state of the models and their locks; each run begins with a copy.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .folders import CLONE, account_passage, locked, throw_away_folder
from .postgres import start_postgres
from .processes import EngineError, Part, stop_parts
from .programs import postgres_version

MAKES_TABLES = (
    "*/migrations/*.py",
    "*/models.py",
    "*/models/*.py",
    "*/locks.py",
    "regions/apps.py",
    "regions/people/**/*.py",
    "regions/people/**/*.sql",
    "config/settings.py",
    "requirements-dev.lock",
)
"""All that has a say in what `manage.py migrate` leaves in an empty database."""


def copy_migrated(base: Path, programs: Path, data: Path) -> None:
    """Puts a migrated cluster where a run's own is to be."""
    kept = account_passage(base / "migrated")
    with locked(kept):
        source = kept / fingerprint(postgres_version(programs))
        if not source.exists():
            for old in kept.iterdir():
                shutil.rmtree(old)
            make_migrated(base, programs, source)
        # Its contents, so that the folder may be there already: on a disk of its own, for instance.
        subprocess.run(["cp", "-Rp", f"{source}/.", data], check=True)


def fingerprint(version: int, clone: Path = CLONE) -> str:
    digest = hashlib.sha256(str(version).encode())
    for path in files(clone):
        digest.update(f"{path.relative_to(clone)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def files(clone: Path) -> Iterator[Path]:
    for pattern in MAKES_TABLES:
        yield from sorted(clone.glob(pattern))


def make_migrated(base: Path, programs: Path, target: Path) -> None:
    parts: list[Part] = []
    with throw_away_folder(base) as folder:
        try:
            addresses = start_postgres(folder, programs, parts, logs=folder, durable=True)
            environment = {
                **os.environ,
                **addresses,
                "DATABASE_URL": addresses["OWNER_DATABASE_URL"],
                "SECRET_KEY": "only-for-a-throw-away-database",
            }
            migrated = subprocess.run(
                [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"],
                cwd=CLONE,
                env=environment,
            )
        finally:
            stop_parts(parts)
        if migrated.returncode:
            raise EngineError("データベースの表を作れませんでした（上の記録をご覧ください）。")
        # Stopped in order, so it is whole.
        (folder / "postgres").rename(target)
