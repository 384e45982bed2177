"""Tables as files for an office: a workbook that prints, or a CSV that Excel opens.

No text of a cell ever becomes a formula: in a workbook it is typed as text, in a CSV it gets an
apostrophe in front, which reading takes off again.
"""

from __future__ import annotations

import copy
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from .cells import Column, as_text
from .encodings import Losses, in_cp932

STARTS_A_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LIKE_AN_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")
MOST_OF_A_CELL = 32_767
A4 = 9
CM = 1 / 2.54
ROOM_TO_FILL_IN = 1_000
LINE_HEIGHT, MOST_LINES = 15, 27
"""In points; a row can't be taller than 409."""

HAIR = Side(style="hair", color="808080")
HEAD = PatternFill("solid", fgColor="E8E8E8")


@dataclass
class Page:
    """One sheet. `rows` hold values in the order of the columns."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]] = ()
    to_fill_in: bool = False
    """With lists to choose from, and the columns that are only told left out by who made it."""


def letters_of(column: int) -> str:
    return get_column_letter(column + 1)


def workbook(pages: Sequence[Page], notes: Sequence[str] = ()) -> bytes:
    """With a last sheet for `notes`, where there are some."""
    book = Workbook(write_only=True)
    book.properties.creator = "つむぎ"
    book.properties.title = pages[0].title
    for page in pages:
        _sheet(book, page)
    if notes:
        sheet = book.create_sheet("書き方")
        sheet.column_dimensions["A"].width = 100
        for words in notes:
            cell = WriteOnlyCell(sheet, words)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            sheet.append([cell])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, page: Page) -> None:
    sheet = book.create_sheet(page.title)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    # Two holes at the left.
    sheet.page_margins.left, sheet.page_margins.right = 2.5 * CM, 1.2 * CM
    sheet.page_margins.top, sheet.page_margins.bottom = 1.5 * CM, 1.5 * CM
    sheet.oddFooter.left.text = "&A"
    sheet.oddFooter.right.text = "&P／&N"
    for number, column in enumerate(page.columns):
        sheet.column_dimensions[letters_of(number)].width = column.kind.width + 1
    sheet.row_dimensions[1].height = 2 * LINE_HEIGHT
    sheet.append([_head(sheet, column) for column in page.columns])
    styles = [_style(sheet, column) for column in page.columns]
    widths = [column.kind.width for column in page.columns]
    for number, row in enumerate(page.rows, 2):
        shown = [column.kind.show(v) for column, v in zip(page.columns, row, strict=True)]
        sheet.row_dimensions[number].height = LINE_HEIGHT * _lines(shown, widths)
        sheet.append([_cell(sheet, *each) for each in zip(styles, shown, strict=True)])
    if page.to_fill_in:
        _offer(sheet, page.columns)


def _lines(shown: Sequence[Any], widths: Sequence[int]) -> int:
    """How many lines the tallest cell takes: not every program works that out by itself."""
    most = 1
    for value, width in zip(shown, widths, strict=True):
        if isinstance(value, str) and (2 * len(value) > width or "\n" in value):
            told = sum(
                1 + len(line.encode("cp932", "replace")) // width for line in value.split("\n")
            )
            most = max(most, told)
    return min(most, MOST_LINES)


def _head(sheet: Any, column: Column) -> Any:
    cell = WriteOnlyCell(sheet, column.title)
    cell.font = Font(bold=True)
    cell.fill = HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.border = Border(bottom=Side(style="thin"))
    return cell


def _style(sheet: Any, column: Column) -> Any:
    """Worked out once for a column; openpyxl looks each part up for each cell otherwise."""
    cell = WriteOnlyCell(sheet)
    shown = type(column.kind).__name__
    cell.number_format = {"Day": "[$-411]ge.m.d;@", "Clock": "h:mm", "Count": "#,##0"}.get(
        shown, "@"
    )
    cell.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
    cell.border = Border(bottom=HAIR)
    plain = copy.copy(cell._style)
    cell.quotePrefix = True
    return plain, copy.copy(cell._style)


def _cell(sheet: Any, styles: tuple[Any, Any], value: Any) -> Any:
    if not isinstance(value, str):
        cell = WriteOnlyCell(sheet, value)
        cell._style = styles[0]  # a day brings a format of its own with it
        return cell
    cell = WriteOnlyCell(sheet)
    text = escaped(value)[:MOST_OF_A_CELL]
    cell._value, cell.data_type = text, "s"
    cell._style = styles[1] if STARTS_A_FORMULA.match(text) else styles[0]
    return cell


def escaped(text: str) -> str:
    """Without what XML can't hold; what only looks like Excel's escapes stays as it is."""
    if not text.isprintable():
        text = UNWRITABLE.sub("", text)
    if "_x" in text:
        text = LIKE_AN_ESCAPE.sub(lambda match: f"_x005F{match[0]}", text)
    return text


def _offer(sheet: Any, columns: Sequence[Column]) -> None:
    for number, column in enumerate(columns):
        offered = ",".join(column.kind.offered)
        if not offered or len(offered) > 250:
            continue
        choice = DataValidation("list", formula1=f'"{offered}"', allow_blank=True)
        choice.errorTitle, choice.error = column.title, "一覧から選んでください。"
        letters = letters_of(number)
        choice.add(f"{letters}2:{letters}{ROOM_TO_FILL_IN}")
        sheet.data_validations.append(choice)


@dataclass
class Csv:
    content: bytes
    losses: Losses = field(default_factory=Losses)


def csv_file(columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, encoding: str) -> Csv:
    """UTF-8 with the mark by which Excel knows it, or CP932 with what that can't hold replaced."""
    narrow = encoding == "cp932"
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.title for column in columns])
    losses = Losses()
    for number, row in enumerate(rows, 2):
        cells = []
        for column, value in zip(columns, row, strict=True):
            text = UNWRITABLE.sub("", as_text_of_csv(column.kind.show(value)))
            if narrow:
                losses.look(text, f"{number}行目『{column.title}』")
                text = in_cp932(text)
            cells.append(f"'{text}" if STARTS_A_FORMULA.match(text) else text)
        writer.writerow(cells)
    told = out.getvalue()
    return Csv(told.encode("cp932" if narrow else "utf-8-sig"), losses)


def as_text_of_csv(shown: Any) -> str:
    return shown if isinstance(shown, str) else as_text(shown)


def losses_of(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Losses:
    """What CP932 couldn't hold of these rows."""
    losses = Losses()
    for number, row in enumerate(rows, 2):
        for column, value in zip(columns, row, strict=True):
            shown = column.kind.show(value)
            if isinstance(shown, str) and not shown.isascii():
                losses.look(shown, f"{number}行目『{column.title}』")
    return losses


def list_of_losses(losses: Losses) -> bytes:
    """A CSV beside the one in CP932."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["文字", "文字の番号", "置きかえる文字", "はじめに出るところ", "回数"])
    for each in losses:
        writer.writerow([each.shown, each.code, each.told, each.where, each.count])
    return out.getvalue().encode("utf-8-sig")
