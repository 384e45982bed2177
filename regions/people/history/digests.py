"""記録の指紋: taken every night, and compared with what the database says now.

Taken some hours after midnight, when whatever was begun on that day has ended.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from regions.models import HistoryDigest, Municipality
from regions.office.dates import wareki
from regions.people.locks.doors import clock

from .records import rows_between, tables
from .sheets import FIRST, Sheet, Unreadable, kept_in, made, path_of, read

LINES = "digests.txt"


@clock()
def take(town: Municipality, date: dt.date, folder: Path) -> HistoryDigest | None:
    """The digest of the town's history up to that day, into the table and the folder.

    None where there is one already, or where the town has no history yet.
    """
    last = HistoryDigest.objects.of(town).order_by("date").last()
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
    with (folder / LINES).open("a", encoding="utf-8") as lines:
        lines.write(f"{date} {town.code} {rows} {sheet.sha256}\n")
    return digest


@dataclass(frozen=True)
class Finding:
    date: dt.date
    words: str

    def __str__(self) -> str:
        return f"{wareki(self.date, weekday=False)}までの記録: {self.words}"


def verify(town: Municipality, folder: Path) -> list[Finding]:
    """What differs between the town's history and the digests, in the table and in the folder.

    With the sheets in the folder each row is named; without one, the day. Rows younger than the
    last digest are not covered by it.
    """
    digests = {digest.date: digest for digest in HistoryDigest.objects.of(town)}
    days = sorted({*digests, *kept_in(folder, town.code)})
    findings: list[Finding] = []
    after, previous = None, FIRST
    for day in days:
        digest = digests.get(day)
        try:
            sheet = read(path_of(folder, town.code, day))
        except FileNotFoundError:
            sheet = None
        except Unreadable:
            sheet = None
            findings.append(Finding(day, "控えのファイルが書きかえられています。"))
        if digest is None:
            findings.append(Finding(day, "指紋の表から、この日の行がなくなっています。"))
        if sheet is None and digest:
            if made(town, day, after=after, previous=previous).sha256 != digest.sha256:
                findings.append(
                    Finding(
                        day,
                        "どこかが書きかえられたか、消されたか、足されています"
                        "（控えのファイルがあれば、どの行かがわかります）。",
                    )
                )
        elif sheet:
            findings += _against_sheet(town, sheet, after, previous, digest)
        after = day
        previous = sheet.sha256 if sheet else digest.sha256 if digest else previous
    return findings


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
    return [
        *(f"{name} の {pk} 番が消されています。" for pk in written if pk not in there),
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
