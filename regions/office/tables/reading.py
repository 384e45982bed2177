"""From bytes to a grid of values, whatever the file turns out to be."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

from . import guards
from .encodings import ENCODINGS, decoded
from .guards import Refused
from .workbook import Grid, Line, Workbook, lines_of
from .writing import letters_of

LONGEST_CELL = 1_000_000
csv.field_size_limit(LONGEST_CELL)
# What no office typed: control characters but tab and line breaks, and halves of letters.
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


@dataclass
class Book:
    """What was read. `sheets` are (name, hidden) of a workbook; a CSV has an encoding instead."""

    grid: Grid
    sheets: list[tuple[str, bool]] = field(default_factory=list)
    sheet: int = 0
    encoding: str = ""
    notices: list[str] = field(default_factory=list)


def read(
    content: bytes,
    *,
    name: str = "",
    sheet: int | None = None,
    encoding: str = "",
    most_rows: int,
) -> Book:
    """The sheet asked for, or the first visible one that has something in it. Raises Refused."""
    if guards.is_workbook(content):
        book = _workbook(content, sheet, most_rows)
        wrong_name = not name.lower().endswith(".xlsx")
        what = "Excelのブック（.xlsx）"
    else:
        book = _text(content, encoding, most_rows)
        wrong_name = not name.lower().endswith((".csv", ".txt", ".tsv"))
        what = "CSV"
    if name and wrong_name:
        book.notices.append(
            f"ファイル名の終わりと中身が違います。中身は{what}なので、そのように読みました。"
        )
    _without_the_invisible(book.grid)
    return book


def _workbook(content: bytes, sheet: int | None, most_rows: int) -> Book:
    workbook = Workbook(content)
    leaves = workbook.leaves
    if sheet is None:
        # A hidden sheet is never taken without being asked for.
        order = [n for n, leaf in enumerate(leaves) if not leaf.hidden] or [0]
    else:
        order = [min(sheet, len(leaves) - 1)]
    for number in order:
        grid = workbook.grid(leaves[number], most_rows=most_rows)
        if grid.lines:
            break
    else:
        number = order[0]
    book = Book(grid, [(leaf.name, leaf.hidden) for leaf in leaves], number)
    if workbook.from_1904:
        book.notices.append("1904年から数えるブックです。日付はそのように読みました。")
    if leaves[number].hidden:
        book.notices.append("かくれたシートを読んでいます。")
    return book


def _text(content: bytes, encoding: str, most_rows: int) -> Book:
    text, encoding = decoded(content, encoding if encoding in ENCODINGS else "")
    delimiter = "\t" if "\t" in text.split("\n", 1)[0] else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = lines_of(rows, most_rows=most_rows)
    except csv.Error as error:
        raise Refused(_csv_words(str(error), rows.line_num)) from None
    for line in lines:
        line.values = [
            value[1:] if value and value[0] == "'" and GUARDED.match(value) else value
            for value in line.values
        ]
    return Book(Grid(lines), encoding=encoding)


def _csv_words(told: str, line: int) -> str:
    if "field larger" in told:
        return f'{line}行目に、長すぎるセルがあります。引用符（"）が閉じているか確かめてください。'
    return f'{line}行目あたりで、引用符（"）の始まりと終わりが合っていません。'


def _without_the_invisible(grid: Grid) -> None:
    for line in grid.lines:
        for column, value in enumerate(line.values):
            if type(value) is str and not value.isprintable() and INVISIBLE.search(value):
                line.values[column] = INVISIBLE.sub("", value) or None
                grid.removed.append(f"{letters_of(column)}{line.number}")


__all__ = ["Book", "Grid", "Line", "Refused", "read"]
