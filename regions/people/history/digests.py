"""記録の指紋: taken every night, and compared with what the database says now.

Taken some hours after midnight, when whatever was begun on that day has ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from regions.models import HistoryDigest, Municipality
from regions.office.dates import wareki
from regions.people.locks.doors import clock

from .records import rows_between, tables
from .sheets import (
    ERASED,
    FIRST,
    LINES,
    Sheet,
    Unreadable,
    add_line,
    erased_of,
    kept_in,
    lines_in,
    made,
    path_of,
    read,
)

SOMETHING_DIFFERS = (
    "どこかが書きかえられたか、消されたか、足されています"
    "（控えのファイルがあれば、どの行かがわかります）。"
)


class OfADayToCome(Exception):
    """A digest with a later date, in whose shadow no other would be taken."""


ErasedRows = Callable[[Municipality], dict[str, dict[int, tuple[str, str]]]]


def erased_rows(known: ErasedRows) -> ErasedRows:
    """Decorator. Tells the rows that were lawfully erased: {table: {id: (hash, day)}}."""
    ERASED.append(known)
    return known


@clock()
def take(town: Municipality, date: dt.date, folder: Path) -> HistoryDigest | None:
    """The digest of the town's history up to that day, into the table and the folder.

    None where there is one already, or where the town has no history yet.
    """
    last = HistoryDigest.objects.of(town).order_by("date").last()
    if last and last.date > timezone.localdate():
        raise OfADayToCome(last.date)
    if last and last.date >= date:
        return None
    sheet = made(
        town,
        date,
        after=last.date if last else None,
        previous=last.sha256 if last else FIRST,
    )
    if not last and not sheet.count:
        return None
    rows = sheet.count + (last.rows if last else 0)
    digest = HistoryDigest.objects.create(
        municipality=town, date=date, rows=rows, sha256=sheet.sha256
    )
    # The files last: what can't be written there takes the row back with it.
    sheet.write(folder)
    add_line(folder, town.code, date, rows, sheet.sha256)
    return digest


@dataclass(frozen=True)
class Finding:
    date: dt.date
    words: str

    def __str__(self) -> str:
        return f"{wareki(self.date, weekday=False)}までの記録: {self.words}"


def verify(town: Municipality, folder: Path) -> list[Finding]:
    """What differs between the town's history and the digests, in the table and in the folder.

    With the sheets in the folder each row is named. Without one there is only the table to compare
    with, which who owns the database can rewrite together with the history: that is told, too.
    """
    digests = {digest.date: digest for digest in HistoryDigest.objects.of(town)}
    lines = lines_in(folder, town.code)
    days = sorted({*digests, *kept_in(folder, town.code), *lines})
    findings: list[Finding] = []
    after, previous = None, FIRST
    for day in days:
        digest, line = digests.get(day), lines.get(day, set())
        sheet, unreadable = _sheet_of(folder, town, day)
        known = sheet or digest
        sha256 = known.sha256 if known else next(sha256 for _, sha256 in line)
        told = ["控えのファイルが書きかえられています。"] if unreadable else []
        if digest is None:
            told.append("指紋の表から、この日の行がなくなっています。")
        told += _against_line(line, sha256, digest)
        if sheet is None:
            agrees = made(town, day, after=after, previous=previous).sha256 == sha256
            if not unreadable:
                told.append(_without_sheet(digest, agrees=agrees))
            elif not agrees:
                told.append(SOMETHING_DIFFERS)
        findings += [Finding(day, words) for words in told]
        if sheet:
            findings += _against_sheet(town, sheet, after, previous, digest)
        after, previous = day, sha256
    return findings + _uncovered(town, after)


def _sheet_of(folder: Path, town: Municipality, day: dt.date) -> tuple[Sheet | None, bool]:
    """The sheet, and whether there is one that can't be read."""
    try:
        return read(path_of(folder, town.code, day)), False
    except (FileNotFoundError, NotADirectoryError):
        return None, False
    except Unreadable:
        return None, True


def _without_sheet(digest: HistoryDigest | None, *, agrees: bool) -> str:
    missing = "控えのファイルがありません。"
    if not agrees:
        return missing + SOMETHING_DIFFERS
    if digest:
        return missing + "指紋の表とは合っていますが、表と比べただけです。"
    return missing


def _against_line(
    line: set[tuple[int, str]], sha256: str, digest: HistoryDigest | None
) -> list[str]:
    if not line:
        return [f"{LINES} に、この日の行がありません。"]
    if any(
        written != sha256 or (digest is not None and rows != digest.rows) for rows, written in line
    ):
        return [f"{LINES} の、この日の行が違います。"]
    return []


def _uncovered(town: Municipality, after: dt.date | None) -> list[Finding]:
    """History that some night should have covered by now: digests and sheets can be taken away
    together. Last night's may not have been taken yet."""
    until = timezone.localdate() - dt.timedelta(days=2)
    if after and after >= until:
        return []
    if any(rows_between(table, town, after, until).exists() for table in tables().values()):
        words = "指紋がありません（毎晩の仕事が止まっているか、指紋が消されています）。"
        return [Finding(until, words)]
    return []


def _against_sheet(
    town: Municipality,
    sheet: Sheet,
    after: dt.date | None,
    previous: str,
    digest: HistoryDigest | None,
) -> list[Finding]:
    findings = []
    if digest and digest.sha256 != sheet.sha256:
        findings.append(Finding(sheet.date, "控えのファイルと、指紋の表とが違います。"))
    if sheet.previous != previous:
        findings.append(Finding(sheet.date, "前の日の指紋とつながっていません。"))
    for name in sorted({*sheet.rows, *tables()}):
        for words in _rows_against_sheet(town, sheet, name, after):
            findings.append(Finding(sheet.date, words))
    return findings


def _rows_against_sheet(
    town: Municipality, sheet: Sheet, name: str, after: dt.date | None
) -> list[str]:
    written = sheet.rows.get(name, {})
    table = tables().get(name)
    if table is None:
        return [f"{name} という表がなくなっています。"]
    try:
        # By id, so that a row whose time was changed is found as changed.
        there = table.hashed(
            table.of(town).filter(pk__in=written), sheet.columns.get(name, table.columns)
        )
    except KeyError as column:
        return [f"{name} の列 {column} がなくなり、確かめられません。"]
    added = rows_between(table, town, after, sheet.date).exclude(pk__in=written)
    # A row that the ledger of erasures names was taken away lawfully, if it is the one that was
    # there. With other columns than the sheet's there is no telling.
    same_columns = tuple(sheet.columns.get(name, ())) == table.columns
    lawful = {
        pk
        for pk, (sha256, _) in erased_of(town).get(name, {}).items()
        if pk in written and (not same_columns or written[pk] == sha256)
    }
    return [
        *(
            f"{name} の {pk} 番が消されています。"
            for pk in written
            if pk not in there and pk not in lawful
        ),
        *(
            f"{name} の {pk} 番が書きかえられています。"
            for pk, row in there.items()
            if row != written[pk]
        ),
        *(
            f"{name} の {pk} 番が、あとから足されています。"
            for pk in added.order_by("pk").values_list("pk", flat=True)
        ),
    ]
