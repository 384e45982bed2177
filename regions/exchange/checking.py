"""What a file would do, before it does anything: columns found, rows read, and what they meet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from regions.models import Municipality
from regions.office.invisible import is_blank
from regions.office.japanese import fold
from regions.office.tables.cells import Column, Lines, Text, as_text, clipped
from regions.office.tables.encodings import in_cp932
from regions.office.tables.reading import Book, Line
from regions.office.tables.workbook import Unreadable
from regions.office.tables.writing import letters_of
from regions.people.texts import TEXTS, refusals, strings

from .registry import Incoming, Row, Table

HEADER_WITHIN = 20
MOST_TOLD = 200
"""Errors, and differences, that are shown one by one."""
SAMPLE = 5
LONG, SHORT = 300, 80
"""Of a text that differs, and of one in the sample, so many letters are shown."""
LISTED = 5
TOWN_CODE = "code"


@dataclass
class Layout:
    """Where in the grid what stands. `header` is the number of the row with the titles, or 0."""

    header: int
    titles: dict[int, str]
    columns: dict[str, int]
    problems: list[str] = field(default_factory=list)


@dataclass
class Plan:
    rows: list[Row] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def new(self) -> list[Row]:
        return [row for row in self.rows if row.thing is None and not (row.hidden or row.errors)]

    @property
    def different(self) -> list[Row]:
        return [row for row in self.rows if row.changes and not row.errors]

    @property
    def errors(self) -> list[tuple[int, str, str]]:
        return [(row.number, key, words) for row in self.rows for key, words in row.errors]

    @property
    def blocked(self) -> bool:
        return bool(self.problems) or any(row.errors for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        new, different = len(self.new), len(self.different)
        return {
            "rows": len(self.rows),
            "new": new,
            "different": different,
            "same": sum(not row.errors for row in self.rows) - new - different,
            "errors": len(self.errors),
        }

    @property
    def digest(self) -> str:
        told = "|".join(row.digest for row in self.different)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def lay_out(book: Book, table: Table, choice: dict[str, Any]) -> Layout:
    """By the titles, or as it was chosen."""
    lines = book.grid.lines
    known = {title: column.key for column in table.columns for title in column.titles()}
    header = choice.get("header")
    if header is None:
        header = _find_header(lines, known)
    # Without a row of titles, the columns are told apart by what stands in the first row.
    titles = next((_titles(line) for line in lines if header in (0, line.number)), {})
    layout = Layout(header, titles, {})
    if not header and not choice.get("columns"):
        layout.problems.append("列の名前の行が見つかりません。下で、行か列を選んでください。")
    chosen = choice.get("columns")
    if chosen is not None:
        layout.columns = {key: int(at) for key, at in chosen.items()}
    elif header:
        _match(layout, table, known)
    for column in table.read_back:
        if column.required and column.key not in layout.columns:
            layout.problems.append(f"『{column.title}』の列が見つかりません。下で選んでください。")
    return layout


def _titles(line: Line) -> dict[int, str]:
    return {
        n: as_text(value)[:60]
        for n, value in enumerate(line.values)
        if value is not None and not isinstance(value, Unreadable)
    }


def _find_header(lines: list[Line], known: dict[str, str]) -> int:
    best, most = 0, 0
    for line in lines[:HEADER_WITHIN]:
        found = len({known[t] for t in map(fold, _titles(line).values()) if t in known})
        if found > most:
            best, most = line.number, found
    return best


def _match(layout: Layout, table: Table, known: dict[str, str]) -> None:
    found: dict[str, list[int]] = {}
    for at, title in layout.titles.items():
        if key := known.get(fold(title)):
            found.setdefault(key, []).append(at)
    for key, places in found.items():
        column = table.column(key)
        if not column.read_back:
            continue
        if len(places) > 1:
            where = "と".join(f"{letters_of(at)}列" for at in places)
            layout.problems.append(
                f"『{column.title}』という列が{len(places)}つあります（{where}）。使う列を選んでください。"
            )
        else:
            layout.columns[key] = places[0]


def plan(
    book: Book,
    layout: Layout,
    table: Table,
    incoming: Incoming,
    *,
    town: Municipality,
    skip_hidden: bool = False,
) -> Plan:
    """Reads every row and asks the house what it means. Nothing is written."""
    found = Plan(notices=list(book.notices), problems=list(layout.problems))
    lines = [line for line in book.grid.lines if line.number > layout.header]
    _tell_of_the_grid(found, book, layout, table, lines, skip_hidden)
    if found.problems:
        return found
    cells = Cells(table, layout)
    for line in lines:
        if not (skip_hidden and line.hidden) and (row := cells.row(line)):
            found.rows.append(row)
    if not found.rows:
        found.problems.append("列の名前の行の下に、入れる行がありません。")
        return found
    _check_town(found.rows, town)
    readable = [row for row in found.rows if not row.errors]
    incoming.find(readable)
    narrow = book.encoding == "cp932"
    values = [column for column in table.read_back if column.role == "value"]
    for row in readable:
        if row.thing is not None and not row.errors:
            row.changes = _changes(row, incoming.current(row.thing), values, narrow=narrow)
    found.notices += incoming.check([row for row in readable if not row.errors])
    _check_texts([row for row in readable if not row.errors], table, town)
    return found


def _check_texts(rows: Iterable[Row], table: Table, town: Municipality) -> None:
    """What a form would refuse (regions/people/texts.py), all cells in one look."""
    typed, at = {}, {}
    for row in rows:
        new = row.values if row.thing is None and not row.hidden else {}
        values = {key: here for key, (_, here) in row.changes.items()} or new
        for key, (model, name) in table.texts.items():
            text = TEXTS.get(model, {}).get(name)
            value = "\n".join(strings(values.get(key) or ""))
            if text and value:
                at[cell := f"{row.number}.{key}"] = (row, key)
                typed[cell] = (text, value)
    for cell, words in refusals(town, typed).items():
        row, key = at[cell]
        row.wrong(key, words.removesuffix("。"))


class Cells:
    """Reads rows. What a short cell says is worked out once, however often it stands there."""

    def __init__(self, table: Table, layout: Layout) -> None:
        self.columns: list[tuple[Column, int, dict[str, Any] | None]] = [
            (column, layout.columns[column.key], {} if _repeats(column) else None)
            for column in table.read_back
            if column.key in layout.columns
        ]

    def row(self, line: Line) -> Row | None:
        """None for a row that has nothing in any column of the table."""
        values, width = line.values, len(line.values)
        if not any(at < width and values[at] not in (None, "") for _, at, _ in self.columns):
            return None
        row = Row(line.number, {})
        for column, at, known in self.columns:
            cell = values[at] if at < width else None
            try:
                if known is None or not isinstance(cell, str):
                    value = column.kind.read(cell)
                elif cell in known:
                    value = known[cell]
                else:
                    value = known[cell] = column.kind.read(cell)
            except ValueError as error:
                row.wrong(column.key, str(error))
                continue
            row.values[column.key] = value
            blank = value in (None, []) or (isinstance(value, str) and is_blank(value))
            if column.required and blank:
                row.wrong(column.key, "空です")
        return row


def _repeats(column: Column) -> bool:
    """Short, and read as what nobody changes afterwards."""
    kind = column.kind
    return not (isinstance(kind, Lines) or (isinstance(kind, Text) and kind.lines))


def _check_town(rows: Iterable[Row], town: Municipality) -> None:
    for row in rows:
        code = row.values.get(TOWN_CODE)
        if code and code != town.code:
            row.wrong(
                TOWN_CODE, f"「{clipped(code)}」は、この町（{town.code}）の番号ではありません"
            )


def _changes(
    row: Row, current: dict[str, Any], columns: list[Column], *, narrow: bool
) -> dict[str, tuple[Any, Any]]:
    found = {}
    for column in columns:
        if column.key not in row.values:
            continue
        there, here = current[column.key], row.values[column.key]
        if there == here or column.same(there, here):
            continue
        if narrow and isinstance(there, str) and in_cp932(there) == here:
            continue  # letters that such a file can't hold are no change
        if narrow and isinstance(there, list) and [*map(in_cp932, there)] == here:
            continue
        found[column.key] = (there, here)
    return found


def _tell_of_the_grid(
    found: Plan, book: Book, layout: Layout, table: Table, lines: list[Line], skip_hidden: bool
) -> None:
    grid = book.grid
    used = set(layout.columns.values())
    if merged := [ref for ref in grid.merged if _below(ref, layout.header)]:
        found.problems.append(
            f"結合したセルがあります（{_listed(merged)}）。結合を解いてから、保存し直してください。"
        )
    if grid.formulas:
        found.notices.append(
            f"数式のセルが{grid.formulas:,}か所あります。計算された値のほうを読みました。"
        )
    if hidden := [str(line.number) for line in lines if line.hidden]:
        done = "読んでいません" if skip_hidden else "かくれた行も読みました"
        found.notices.append(
            f"かくれた行が{len(hidden):,}行あります（{_listed(hidden)}行目）。{done}。"
        )
    if columns := sorted(used & grid.hidden_columns):
        told = _listed([letters_of(at) for at in columns])
        found.notices.append(f"かくれた列も読んでいます（{told}列）。")
    if grid.removed:
        found.notices.append(
            f"見えない文字（制御文字）を{len(grid.removed):,}か所で取りのぞきました（{_listed(grid.removed)}）。"
        )
    known = {title for column in table.columns if not column.read_back for title in column.titles()}
    unused = [
        f"『{clipped(title)}』"
        for at, title in layout.titles.items()
        if at not in used and fold(title) not in known
    ]
    if unused:
        found.notices.append(f"入れない列があります: {_listed(unused)}。")


def _below(reference: str, header: int) -> bool:
    digits = "".join(letter for letter in reference.rpartition(":")[2] if letter.isdecimal())
    return not digits or int(digits) > header


def _listed(words: list[str]) -> str:
    more = f"ほか{len(words) - LISTED:,}" if len(words) > LISTED else ""
    return "、".join([*words[:LISTED], *([more] if more else [])])


# -- As it is shown -------------------------------------------------------------------------------


def findings(plan: Plan, table: Table, incoming: Incoming) -> dict[str, Any]:
    """For the page, as JSON."""
    keys = [c for c in table.read_back if any(c.key in row.values for row in plan.rows[:SAMPLE])]
    return {
        "notices": plan.notices,
        "problems": plan.problems,
        "errors": [
            {"line": line, "title": table.column(key).title if key else "", "words": words}
            for line, key, words in plan.errors[:MOST_TOLD]
        ],
        "titles": [column.title for column in keys],
        "sample": [
            [
                row.number,
                *(_shown(c, row.values[c.key]) if c.key in row.values else "" for c in keys),
            ]
            for row in plan.rows[:SAMPLE]
        ],
        "differences": [
            {
                "line": row.number,
                "label": incoming.label(row),
                "digest": row.digest,
                "changes": [
                    [column.title, *(_shown(column, value) for value in row.changes[column.key])]
                    for column in table.read_back
                    if column.key in row.changes
                ],
            }
            for row in plan.different[:MOST_TOLD]
        ],
        "digest": plan.digest,
        "voices": incoming.voices(plan.different[:MOST_TOLD]),
    }


def _shown(column: Column, value: Any, most: int = LONG) -> str:
    told = column.told(value)
    return told if len(told) <= most else f"{told[:most]}…"
