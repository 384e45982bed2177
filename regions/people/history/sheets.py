"""The sheet of one town's one day, as text to be kept away from the server.

つむぎ 記録の指紋 第1版
町 990019
日 2026-11-22
前 <fingerprint of the sheet before, or ―>
表 regions_portraitevent aim created_at …
行 regions_portraitevent 12 <SHA-256 of the row>
指紋 <SHA-256 of all lines above, as `head -n -1 SHEET | sha256sum` tells it, too>
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from regions.models import Municipality

from .records import rows_between, tables

TITLE = "つむぎ 記録の指紋 第1版"
FIRST = "―"
LINES = "digests.txt"
"""One line a night and town, for all towns together: day, town, rows until then, fingerprint."""


class Unreadable(Exception):
    """The file isn't a sheet, or not as it was written."""


@dataclass
class Sheet:
    town: str
    date: dt.date
    previous: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def body(self) -> str:
        lines = [TITLE, f"町 {self.town}", f"日 {self.date}", f"前 {self.previous}"]
        for table, rows in sorted(self.rows.items()):
            lines.append(f"表 {table} {' '.join(self.columns[table])}")
            lines += [f"行 {table} {pk} {row}" for pk, row in sorted(rows.items())]
        return "\n".join(lines) + "\n"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))

    def write(self, folder: Path) -> None:
        path = path_of(folder, self.town, self.date)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(f"{self.body}指紋 {self.sha256}\n", encoding="utf-8")
        unfinished.replace(path)


def path_of(folder: Path, town: str, date: dt.date) -> Path:
    return folder / town / f"{date}.txt"


ERASED: list[Callable[[Municipality], dict[str, dict[int, tuple[str, str]]]]] = []
"""Filled by `digests.erased_rows`."""


def erased_of(town: Municipality) -> dict[str, dict[int, tuple[str, str]]]:
    """{table: {id: (hash, day)}} of what was lawfully erased."""
    found: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    for known in ERASED:
        for table, rows in known(town).items():
            found[table] |= rows
    return found


def made(town: Municipality, date: dt.date, *, after: dt.date | None, previous: str) -> Sheet:
    """From the database, as it is now; of what was erased, with the hashes that the ledger kept."""
    sheet = Sheet(town.code, date, previous)
    gone = erased_of(town)
    for name, table in tables().items():
        rows = table.hashed(rows_between(table, town, after, date), table.columns)
        for pk, (sha256, day) in gone.get(name, {}).items():
            if (after is None or str(after) < day) and day <= str(date):
                rows.setdefault(pk, sha256)
        if rows:
            sheet.columns[name], sheet.rows[name] = list(table.columns), rows
    return sheet


def read(path: Path) -> Sheet:
    """Unreadable unless the last line is the fingerprint of those before it."""
    try:
        *lines, last = path.read_text(encoding="utf-8").splitlines()
        title, town, date, previous, *rest = lines
        sheet = Sheet(town.split()[1], dt.date.fromisoformat(date.split()[1]), previous.split()[1])
        for line in rest:
            what, table, *values = line.split()
            if what == "表":
                sheet.columns[table], sheet.rows[table] = values, {}
            else:
                pk, row = values
                sheet.rows[table][int(pk)] = row
    except (ValueError, KeyError, IndexError) as error:
        raise Unreadable(path.name) from error
    if title != TITLE or last != f"指紋 {sheet.sha256}":
        raise Unreadable(path.name)
    return sheet


def kept_in(folder: Path, town: str) -> list[dt.date]:
    """Days of which the folder has a sheet."""
    return sorted(dt.date.fromisoformat(path.stem) for path in (folder / town).glob("????-??-??.txt"))  # fmt: skip


def add_line(folder: Path, town: str, date: dt.date, rows: int, sha256: str) -> None:
    with (folder / LINES).open("a", encoding="utf-8") as lines:
        lines.write(f"{date} {town} {rows} {sha256}\n")


def lines_in(folder: Path, town: str) -> dict[dt.date, set[tuple[int, str]]]:
    """Rows and fingerprint by day. One that can't be read is as good as missing."""
    found: dict[dt.date, set[tuple[int, str]]] = defaultdict(set)
    with suppress(FileNotFoundError):
        for line in (folder / LINES).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                date, code, rows, sha256 = line.split()
                if code == town:
                    found[dt.date.fromisoformat(date)].add((int(rows), sha256))
    return dict(found)
