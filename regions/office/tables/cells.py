"""What a column means: how a cell is read, and how a value is written into one.

`read` gives the value or raises ValueError in words; what is empty is read as the kind's nothing.
`show` gives what stands in the cell: text, a number, a date or a time.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regions.office.dates import parse_date, short_wareki
from regions.office.japanese import fold

from .workbook import Unreadable

YES, NO = "○", ""
AS_YES = {"○", "〇", "◯", "o", "はい", "有", "あり", "1", "true", "yes", "✓", "レ", "●", "◎"}
AS_NO = {"", "×", "x", "いいえ", "無", "なし", "0", "false", "no", "-", "―", "ー", "－"}
TIME = re.compile(r"(午前|午後)?(\d{1,2})(?::(\d{1,2})|時(?:(\d{1,2})分|(半))?)(?::\d{2})?")
CLIPPED = 20


def clipped(value: object) -> str:
    text = str(value)
    return text if len(text) <= CLIPPED else f"{text[:CLIPPED]}…"


def as_text(value: object) -> str:
    """A cell as text. A whole number has no point; a day is as it stands in a CSV."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Unreadable):
        raise ValueError(value.words)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return str(value)


class Kind:
    """Of a column. `width` in half-width letters."""

    width = 12
    long = False

    def read(self, value: object) -> Any:
        raise NotImplementedError

    def show(self, value: Any) -> Any:
        return value

    @property
    def offered(self) -> list[str]:
        """What can be chosen from; nothing where anything can be written."""
        return []


@dataclass(frozen=True)
class Text(Kind):
    most: int
    lines: bool = False
    width: int = 16

    @property
    def long(self) -> bool:  # type: ignore[override]
        return self.most > 40

    def read(self, value: object) -> str:
        text = as_text(value)
        if not self.lines and "\n" in text:
            text = " ".join(text.split("\n"))
        if len(text) > self.most:
            raise ValueError(f"{len(text):,}字あります。{self.most:,}字までです")
        return text


@dataclass(frozen=True)
class Lines(Kind):
    """Several short texts in one cell, one a line."""

    most: int
    width: int = 28
    long = True

    def read(self, value: object) -> list[str]:
        lines = [line.strip() for line in as_text(value).splitlines()]
        for line in lines:
            if len(line) > self.most:
                raise ValueError(
                    f"「{clipped(line)}」は{len(line):,}字あります。{self.most}字までです"
                )
        return list(dict.fromkeys(line for line in lines if line))

    def show(self, value: Sequence[str]) -> str:
        return "\n".join(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few: by its label, its value, or the label's beginning. Empty is `empty`."""

    choices: Sequence[tuple[str, str]]
    empty: str = ""
    width: int = 12

    def __post_init__(self) -> None:
        known: dict[str, str] = {}
        for value, label in self.choices:
            known[fold(label)] = known[fold(value)] = value
        object.__setattr__(self, "known", known)

    @property
    def offered(self) -> list[str]:
        return [label for _, label in self.choices]

    def read(self, value: object) -> str:
        text = as_text(value)
        folded = fold(text)
        if not folded:
            return self.empty
        known: Mapping[str, str] = self.known  # type: ignore[attr-defined]
        if folded in known:
            return known[folded]
        begun = {known[label] for label in known if len(folded) > 1 and label.startswith(folded)}
        if len(begun) == 1:
            return begun.pop()
        words = "、".join(self.offered)
        raise ValueError(f"「{clipped(text)}」は選べません。選べるのは、{words}です")

    def show(self, value: str) -> str:
        return dict(self.choices).get(value, "")


@dataclass(frozen=True)
class Flag(Kind):
    width: int = 7

    @property
    def offered(self) -> list[str]:
        return [YES]

    def read(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        text = unicodedata.normalize("NFKC", as_text(value)).lower()
        if text in AS_YES:
            return True
        if text in AS_NO:
            return False
        raise ValueError(
            f"「{clipped(text)}」が読めません。当てはまるときは○、ほかは空にしてください"
        )

    def show(self, value: bool) -> str:
        return YES if value else NO


@dataclass(frozen=True)
class Day(Kind):
    width: int = 10

    def read(self, value: object) -> dt.date | None:
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        text = as_text(value)
        if not text:
            return None
        try:
            return parse_date(text)
        except ValueError:
            raise ValueError(f"「{clipped(text)}」を日付として読めません") from None


@dataclass(frozen=True)
class Clock(Kind):
    width: int = 8

    def read(self, value: object) -> dt.time | None:
        if isinstance(value, dt.datetime):
            return value.time()
        if isinstance(value, dt.time):
            return value.replace(second=0, microsecond=0)
        text = as_text(value)
        if not text:
            return None
        match = TIME.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
        if match:
            half_day, hour, colon, minutes, half = match.groups()
            hours = int(hour) + (12 if half_day == "午後" and int(hour) < 12 else 0)
            try:
                return dt.time(hours, 30 if half else int(colon or minutes or 0))
            except ValueError:
                pass
        raise ValueError(f"「{clipped(text)}」を時刻として読めません。例: 14:00")


@dataclass(frozen=True)
class Count(Kind):
    most: int
    width: int = 8

    def read(self, value: object) -> int | None:
        text = unicodedata.normalize("NFKC", as_text(value)).removesuffix("人").replace(",", "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 9 or int(text) > self.most:
            raise ValueError(f"「{clipped(text)}」を{self.most:,}までの数として読めません")
        return int(text)


@dataclass(frozen=True)
class Label(Kind):
    """A number with what stands before it: 声-0127, also typed as 127."""

    prefix: str
    digits: int
    width: int = 9

    def read(self, value: object) -> int | None:
        text = unicodedata.normalize("NFKC", as_text(value)).replace(" ", "")
        bare = text.removeprefix(self.prefix).lstrip("-ー‐−―")
        if not text:
            return None
        if not bare.isdecimal() or len(bare) > 9:
            example = self.show(12)
            raise ValueError(f"「{clipped(text)}」を番号として読めません。例: {example}")
        return int(bare)

    def show(self, value: int | None) -> str:
        return "" if value is None else f"{self.prefix}-{value:0{self.digits}d}"


@dataclass(frozen=True)
class Code(Kind):
    """A code of digits, kept as text: Excel makes 1202 of 01202, which is mended."""

    digits: int
    width: int = 9

    def read(self, value: object) -> str:
        text = unicodedata.normalize("NFKC", as_text(value))
        if not text:
            return ""
        if not text.isdecimal() or len(text) > self.digits:
            raise ValueError(f"「{clipped(text)}」を{self.digits}桁の番号として読めません")
        return text.zfill(self.digits)


@dataclass(frozen=True)
class Column:
    """`role`: a "value" of the row; a "key" that finds the row or what it hangs on; "told", which
    is written into files and not read back."""

    key: str
    title: str
    kind: Kind
    role: str = "value"
    required: bool = False
    """There must be such a column, and something in it."""
    also: tuple[str, ...] = ()
    """Other titles under which it is found."""
    example: Any = None
    note: str = ""

    @property
    def read_back(self) -> bool:
        return self.role != "told"

    def titles(self) -> set[str]:
        return {fold(title) for title in (self.title, *self.also)}

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values would look the same in a file."""
        if one == other:
            return True
        try:
            return bool(self.kind.read(self.kind.show(one)) == other)
        except ValueError:
            return False

    def told(self, value: Any) -> str:
        """For a page: a day as 令和, nothing as a dash."""
        shown = self.kind.show(value)
        if isinstance(shown, dt.date):
            return short_wareki(shown)
        return as_text(shown) or "―"
