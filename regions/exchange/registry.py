"""What can go out and come in: a register, and what a floor says of each of its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import Model
from django.http import Http404

from regions.office.tables.cells import Column
from regions.people.access import Standing
from regions.people.acts import Act

MOST_ROWS_OUT = 10_000
MOST_ROWS_IN = 20_000


@dataclass
class Outgoing:
    """What one reader may take along. `voices` are the ids of those whose words stand in it."""

    columns: list[Column]
    rows: list[tuple]
    voices: list[int] = field(default_factory=list)
    told: str = ""
    """By what it was narrowed, without what was typed."""


@dataclass
class Row:
    """A line of the file: `values` of the columns that it has."""

    number: int
    values: dict[str, Any]
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(key of a column or nothing, words)"""
    thing: Any = None
    """What is there already; None for something new."""
    links: dict[str, Any] = field(default_factory=dict)
    hidden: bool = False
    """There already, and not this person's to read: it is left alone, and nothing is said of it."""
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """{key: (as it is, as the file has it)}"""

    def wrong(self, key: str, words: str) -> None:
        self.errors.append((key, words))

    @property
    def digest(self) -> str:
        told = f"{self.number}|{sorted(self.changes.items(), key=lambda each: each[0])!r}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


class Incoming(Protocol):
    """One file on its way in, by one person in one town; lives within one transaction."""

    def find(self, rows: list[Row]) -> None:
        """Sets `thing` and `links`, or errors."""

    def current(self, thing: Any) -> dict[str, Any]:
        """What is there, by the keys of columns that are values."""

    def label(self, row: Row) -> str:
        """How the thing that a row would change is called."""

    def voices(self, rows: list[Row]) -> list[int]:
        """Ids of the voices whose words a page shows that shows these rows."""

    def check(self, rows: list[Row]) -> list[str]:
        """The house's rules on what is new or `changes`: errors at the rows, remarks on the whole."""

    def reserve(self, n: int) -> Any:
        """What `add` needs of what others wait for, such as numbers. In a transaction of its own."""

    def add(self, rows: list[Row], reserved: Any) -> None: ...

    def change(self, row: Row) -> list[str]:
        """Applies its changes; what is to be done about it by hand, in words."""


@dataclass(frozen=True)
class Table:
    key: str
    name: str
    unit: str
    list_name: str
    list_url: str
    columns: tuple[Column, ...]
    sees: tuple[Act, ...]
    writes: Act
    out: Callable[[Standing, Mapping[str, str]], Outgoing]
    into: Callable[[Standing], Incoming]
    rules: tuple[str, ...] = ()
    """What is said above the choice of a file."""
    texts: Mapping[str, tuple[type[Model], str]] = field(default_factory=dict)
    """{key of a column: the text field that it fills}, for what may not be repeated there."""

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    @property
    def read_back(self) -> list[Column]:
        return [column for column in self.columns if column.read_back]


TABLES: dict[str, Table] = {}


def register(table: Table) -> None:
    TABLES[table.key] = table


def table_of(key: str) -> Table:
    if key not in TABLES:
        raise Http404
    return TABLES[key]
