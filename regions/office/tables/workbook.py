"""Reads an .xlsx as a stream, in memory that grows with what it keeps and not with what it is sent.

Its own reader and no library's, because the page must tell what libraries leave out when they are
quick: hidden rows and columns, merged cells, formulas without a value. No entity is ever expanded:
a document type alone is a reason to refuse.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from .guards import BROKEN, WORKBOOK, Refused, opened

MOST_COLUMNS = 200
MOST_CELLS = 1_000_000
MOST_STRINGS = 500_000
CHUNK = 1 << 16
ROOM_FOR_TITLES = 20
"""Rows above the data, which no limit counts."""

DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Numbers of formats that are dates without saying so, those of Japanese Excel among them."""
NOT_LETTERS_OF_DATES = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.|General|[Ee][+-]')
DATE_LETTERS = re.compile(r"[ymdhsge]", re.IGNORECASE)
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
FIRST_DAY, FIRST_DAY_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)


@dataclass(frozen=True)
class Unreadable:
    """A cell that has no value; the words say why."""

    words: str


NO_VALUE = Unreadable(
    "数式の計算された値がありません。Excelで開いて保存し直すか、値を貼り付けてください"
)


@dataclass
class Line:
    """A row that has something in it. `number` is what Excel writes beside it."""

    number: int
    values: list
    hidden: bool = False


@dataclass
class Grid:
    lines: list[Line] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    formulas: int = 0
    removed: list[str] = field(default_factory=list)
    """Cells from which invisible letters were taken out."""


@dataclass(frozen=True)
class Leaf:
    """A sheet of the workbook."""

    name: str
    hidden: bool
    path: str


class Workbook:
    def __init__(self, content: bytes) -> None:
        self.archive = opened(content)
        self.from_1904 = False
        self.leaves: list[Leaf] = []
        self._read_workbook()
        self.dates = self._date_styles()
        self.strings = self._shared_strings()

    def grid(self, leaf: Leaf, *, most_rows: int) -> Grid:
        return _SheetReader(self, most_rows).read(leaf.path)

    def walk(
        self,
        path: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Each element's name without its prefix, to `start` with its attributes and to `end`."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        names: dict[str, str] = {}

        def local(name: str) -> str:
            found = names.get(name)
            if found is None:
                found = names[name] = name.rpartition(":")[2]
            return found

        def refuse(*_: object) -> None:
            raise Refused(BROKEN)

        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        parser.StartElementHandler = lambda name, attributes: start(local(name), attributes)
        if end:
            parser.EndElementHandler = lambda name: end(local(name))
        if text:
            parser.CharacterDataHandler = text
        try:
            with self.archive.open(path) as member:
                while chunk := member.read(CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
        except (expat.ExpatError, zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError):
            raise Refused(BROKEN) from None

    def _read_workbook(self) -> None:
        sheets: list[dict[str, str]] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                sheets.append(attributes)
            elif name == "workbookPr":
                self.from_1904 = attributes.get("date1904", "0") in ("1", "true", "on")

        self.walk(WORKBOOK, start)
        targets = self._targets()
        names = set(self.archive.namelist())
        for each in sheets:
            link = next((value for name, value in each.items() if name.endswith(":id")), "")
            path = targets.get(link, "")
            if path in names and "/worksheets/" in path:
                hidden = each.get("state", "visible") != "visible"
                self.leaves.append(Leaf(each.get("name", "")[:60], hidden, path))
        if not self.leaves:
            raise Refused("シートのないブックです。")

    def _targets(self) -> dict[str, str]:
        found: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target[1:] if target.startswith("/") else posixpath.join("xl", target)
                found[attributes.get("Id", "")] = posixpath.normpath(path)

        self.walk("xl/_rels/workbook.xml.rels", start)
        return found

    def _date_styles(self) -> list[bool]:
        """Of each style of cells, whether its number is a date."""
        formats: dict[str, bool] = {}
        styles: list[bool] = []
        within = [""]

        def start(name: str, attributes: dict[str, str]) -> None:
            if name in ("cellXfs", "cellStyleXfs", "dxfs"):
                within[0] = name
            elif name == "numFmt":
                formats[attributes.get("numFmtId", "")] = is_date_format(
                    attributes.get("formatCode", "")
                )
            elif name == "xf" and within[0] == "cellXfs":
                number = attributes.get("numFmtId", "0")
                known = number.isdecimal() and int(number) in DATE_FORMATS
                styles.append(formats.get(number, known))

        if "xl/styles.xml" in self.archive.namelist():
            self.walk("xl/styles.xml", start)
        return styles

    def _shared_strings(self) -> list[str]:
        path = next((n for n in self.archive.namelist() if n.endswith("sharedStrings.xml")), "")
        strings: list[str] = []
        pieces: list[str] = []
        inside = [False, False]  # within <t>, within the reading above it

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "si":
                pieces.clear()
                if len(strings) >= MOST_STRINGS:
                    raise Refused("文字の入ったセルが多すぎます。行を分けてください。")
            elif name == "t":
                inside[0] = not inside[1]
            elif name == "rPh":
                inside[1] = True

        def end(name: str) -> None:
            if name == "t":
                inside[0] = False
            elif name == "rPh":
                inside[1] = False
            elif name == "si":
                strings.append(unescaped("".join(pieces)))

        def text(words: str) -> None:
            if inside[0]:
                pieces.append(words)

        if path:
            self.walk(path, start, end, text)
        return strings


class _SheetReader:
    """One sheet. What is read of a cell is settled when it ends."""

    def __init__(self, book: Workbook, most_rows: int) -> None:
        self.book, self.most_rows = book, most_rows
        self.found = Grid()
        self.letters: dict[str, int] = {}
        self.row = self.column = 0
        self.hidden = False
        self.values: dict[int, object] = {}
        self.cells = 0
        self.kind = self.style = ""
        self.pieces: list[str] = []
        self.keeping = self.reading = self.formula = False

    def read(self, path: str) -> Grid:
        self.book.walk(path, self.start, self.end, self.text)
        return self.found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.column = self._column(attributes.get("r", ""))
            self.kind = attributes.get("t", "n")
            self.style = attributes.get("s", "")
            self.pieces.clear()
            self.formula = False
        elif name in ("v", "t"):
            self.keeping = not self.reading
        elif name == "f":
            self.formula = True
            self.found.formulas += 1
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() else self.row + 1
            self.hidden = attributes.get("hidden") in ("1", "true")
            self.column = -1
        elif name == "rPh":
            self.reading = True
        elif name == "mergeCell":
            if len(self.found.merged) < MOST_COLUMNS:
                self.found.merged.append(attributes.get("ref", "")[:20])
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if first.isdecimal() and last.isdecimal():
                ends = min(int(last), MOST_COLUMNS)
                self.found.hidden_columns.update(range(int(first) - 1, ends))

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self.keeping = False
        elif name == "c":
            value = self._value()
            if value is not None:
                self._keep(value)
        elif name == "row":
            if self.values:
                width = max(self.values) + 1
                values = [self.values.get(n) for n in range(width)]
                self.found.lines.append(Line(self.row, values, self.hidden))
                self.values = {}
                if len(self.found.lines) > self.most_rows + ROOM_FOR_TITLES:
                    raise Refused(too_long(self.most_rows))
        elif name == "rPh":
            self.reading = False

    def text(self, words: str) -> None:
        if self.keeping:
            self.pieces.append(words)

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if not letters:
            return self.column + 1
        found = self.letters.get(letters)
        if found is None:
            found = 0
            for letter in letters[:4]:
                found = found * 26 + ord(letter) - 64
            found = self.letters[letters] = found - 1
        return found

    def _keep(self, value: object) -> None:
        if not 0 <= self.column < MOST_COLUMNS:
            raise Refused(
                f"{MOST_COLUMNS}列より右にも値が入っています。要らない列を消してください。"
            )
        self.cells += 1
        if self.cells > MOST_CELLS:
            raise Refused("セルが多すぎます。行を分けてください。")
        self.values[self.column] = value

    def _value(self) -> object:
        raw = "".join(self.pieces)
        if self.formula and not raw:
            return NO_VALUE
        if self.kind == "s":
            if not raw:
                return None
            if not raw.strip().isdecimal() or int(raw) >= len(self.book.strings):
                raise Refused(BROKEN)
            return self.book.strings[int(raw)] or None
        if self.kind in ("str", "inlineStr"):
            return unescaped(raw) or None
        if not raw:
            return None
        if self.kind == "b":
            return raw.strip() == "1"
        if self.kind == "e":
            return Unreadable(f"「{raw[:20]}」というエラーになっています")
        if self.kind == "d":
            return _iso(raw)
        return self._number(raw)

    def _number(self, raw: str) -> object:
        try:
            number = float(raw)
        except ValueError:
            raise Refused(BROKEN) from None
        style = int(self.style) if self.style.isdecimal() else 0
        if style < len(self.book.dates) and self.book.dates[style]:
            return _moment(number, from_1904=self.book.from_1904)
        if number.is_integer() and abs(number) < 1e15:
            return int(number)
        return number


def too_long(most_rows: int) -> str:
    return f"行が多すぎます（{most_rows:,}行まで）。ファイルをいくつかに分けてください。"


def is_date_format(code: str) -> bool:
    return bool(DATE_LETTERS.search(NOT_LETTERS_OF_DATES.sub("", code.split(";")[0])))


def unescaped(text: str) -> str:
    """Excel writes what XML can't hold as _x000D_."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _moment(number: float, *, from_1904: bool) -> object:
    """A day, a day with its time, or a time alone, from the days counted since the first one."""
    if not 0 <= number < 2_958_466:
        return Unreadable(f"「{number:g}」は日付の範囲を外れています")
    seconds = round(number % 1 * 86_400)
    # Excel believes in 29 February 1900.
    first = FIRST_DAY_1904 if from_1904 else FIRST_DAY + dt.timedelta(days=number < 60)
    day = first + dt.timedelta(days=int(number) + seconds // 86_400)
    if not seconds % 86_400:
        return day
    hours, rest = divmod(seconds, 3_600)
    moment = dt.time(hours, rest // 60, rest % 60)
    return moment if number < 1 and not from_1904 else dt.datetime.combine(day, moment)


def _iso(raw: str) -> object:
    try:
        found = dt.datetime.fromisoformat(raw.strip())
    except ValueError:
        return Unreadable(f"「{raw[:20]}」を日付として読めません")
    found = found.replace(tzinfo=None)
    return found.date() if found.time() == dt.time() else found


def lines_of(rows: Iterator[list[str]], *, most_rows: int) -> list[Line]:
    """Rows of text that have something in them, as they are counted in Excel."""
    found: list[Line] = []
    for number, row in enumerate(rows, 1):
        if len(row) > MOST_COLUMNS:
            raise Refused(f"{number}行目に{MOST_COLUMNS}列より多くの値があります。")
        values = [value or None for value in row]
        if any(values):
            found.append(Line(number, values))
            if len(found) > most_rows + ROOM_FOR_TITLES:
                raise Refused(too_long(most_rows))
    return found
