"""Who reads each text that people of a town write: one declaration for each text field.

A module `texts` of each app declares the text fields of its tables. From the declarations follow
what a form may save in a field (`refusals`), what a reader sees of it (`veil`), and where a text
may still repeat a voice (`texts_of`). tests/test_texts.py fails for a field without a declaration.

A floor above, which knows the voices, says what counts as repeating one: `compares` and `screens`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

import psycopg
from django.db.models import BinaryField, Model
from psycopg.types.string import StrBinaryDumper, StrDumper

from regions.models.people import Role, User
from regions.models.places import Municipality

from .access import TABLE, Standing
from .acts import Act

NOTICE = "（町が書き直しています）"
"""Stands in the place of a text that its reader may not read today."""


class Reach(IntEnum):
    """How far something may go, or goes: each step includes the readers of the one before."""

    NOBODY = 0
    STAFF = 1
    TEAM = 2
    TOWN = 3
    OUTSIDE = 4


STEPS = ((Act.READ_C, Reach.STAFF), (Act.READ_B, Reach.TEAM), (Act.READ_A, Reach.TOWN))
"""What a person may do who begins to read at that step; who may do none of it reads outside."""


def first_step(can: Callable[[Act], bool]) -> Reach:
    return next((reach for act, reach in STEPS if can(act)), Reach.OUTSIDE)


def reach_of_role(role: Role | str) -> Reach:
    """The step at which this role begins to read."""
    return first_step(lambda act: role in TABLE[act])


def reach_of_act(act: Act) -> Reach:
    """How far a text goes that all who may do this read."""
    return max(reach_of_role(role) for role in TABLE[act])


# -- Declarations ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a text stands: what it is called, and the address of its page."""

    words: str
    url: str


@dataclass(frozen=True)
class Text:
    """A text field. `checked`: it may not be saved with words of a voice that its readers may not
    read. `screened`: a reader gets the notice in its place while it repeats such a voice.
    `folded` names a field of the row with the same text folded already."""

    model: type[Model]
    name: str
    readers: Reach
    place: Callable[[Any], Place]
    checked: bool = True
    screened: bool = True
    folded: str = ""


TEXTS: dict[type[Model], dict[str, Text]] = {}
EXCUSED: dict[type[Model], dict[str, str]] = {}


def declare(
    model: type[Any],
    *names: str,
    place: Callable[[Any], Place],
    readers: Reach | None = None,
    checked: bool = True,
    screened: bool = True,
    folded: str = "",
) -> None:
    """Text fields of one table. Without `readers` they are read by who may do the table's
    `see_act`; `readers` is for what goes further than the row itself."""
    reach = reach_of_act(model.see_act) if readers is None else readers
    for name in names:
        TEXTS.setdefault(model, {})[name] = Text(
            model, name, reach, place, checked, screened, folded
        )


MACHINE = "written by the program"
"""Why many a text field is excused."""


def excuse(model: type[Model], why: str, *names: str) -> None:
    """Text fields that hold nothing people write freely, or nothing but the voice itself."""
    EXCUSED.setdefault(model, {}).update(dict.fromkeys(names, why))


def strings(value: Any) -> Iterator[str]:
    """All strings of a value, such as those of a JSON field."""
    if isinstance(value, str):
        yield actual(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from strings(each)


def texts_of(
    town: Municipality, *, screened: bool = False
) -> Iterator[tuple[Any, Iterable[Text], str, bool]]:
    """Every row of the town with declared texts: the row, its fields, their text, and whether the
    text is folded already. Within a scope that shows the whole town. `screened`: those only."""
    for model, declared in TEXTS.items():
        fields = [each for each in declared.values() if each.screened or not screened]
        for folded in {each.folded for each in fields}:
            alike = [each for each in fields if each.folded == folded]
            names = [folded] if folded else [each.name for each in alike]
            rows = model._default_manager.filter(municipality=town).defer(*_heavy(model))
            for row in rows.iterator(chunk_size=2000):
                row.municipality = town  # type: ignore[attr-defined]
                told = "\0".join(text for name in names for text in strings(getattr(row, name)))
                yield row, alike, told, bool(folded)


def _heavy(model: type[Model]) -> list[str]:
    return [each.name for each in model._meta.concrete_fields if isinstance(each, BinaryField)]


# -- What a reader sees ----------------------------------------------------------------------------


class Withheld(str):
    """The notice, which a page shows, and the text itself, which alone goes to the database: a row
    that is saved by someone who may not read its text keeps it."""

    __slots__ = ("actual",)
    actual: str

    def __new__(cls, text: str) -> Withheld:
        made = super().__new__(cls, NOTICE)
        made.actual = text
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.actual,)


class _Text(StrDumper):
    def dump(self, obj: Any) -> Any:
        return super().dump(obj.actual)


class _Binary(StrBinaryDumper):
    def dump(self, obj: Any) -> Any:
        return super().dump(obj.actual)


for dumper in (_Binary, _Text):
    psycopg.adapters.register_dumper(Withheld, dumper)


def actual(text: str) -> str:
    """For the product's own use, never for a page."""
    return text.actual if isinstance(text, Withheld) else text


Hides = Callable[[str], bool]
Screens = Callable[[int, "Reader", bool], Hides | None]
SCREENS: list[Screens] = []


def screens(screen: Screens) -> Screens:
    """Decorator. Given a town's id, who reads, and whether it is about the past: tells of a text
    whether it repeats what this reader may not read; None where nothing is hidden from him."""
    SCREENS.append(screen)
    return screen


@dataclass(eq=False)
class Reader:
    """Who reads in this scope: someone in a town, or with `standing` None one who walks alongside
    several. What is hidden from him is asked once for a scope."""

    person: int
    standing: Standing | None = None
    known: dict[tuple[int, bool], list[Hides]] = field(default_factory=dict)

    @cached_property
    def reach(self) -> Reach:
        return first_step(self.standing.can) if self.standing else Reach.OUTSIDE

    def may_not_read(self, text: str, town: int, *, past: bool = False) -> bool:
        key = (town, past)
        if key not in self.known:
            found = (screen(town, self, past) for screen in SCREENS)
            self.known[key] = [hides for hides in found if hides]
        return any(hides(text) for hides in self.known[key])


_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


@contextmanager
def read_by(reader: Reader | None) -> Iterator[None]:
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def reader_here() -> Reader | None:
    """None where the application reads for itself, and shows nothing."""
    return _reader.get()


def forget_screens() -> None:
    """After a voice was lowered or went within this scope."""
    if reader := _reader.get():
        reader.known.clear()


def veil(row: Any, model: type[Model] | None = None, *, past: bool = False) -> None:
    """Puts the notice in the place of what this scope's reader may not read of a loaded row.
    `past`: the row is one of the history of `model`."""
    reader = _reader.get()
    declared = TEXTS.get(model or type(row))
    if reader is None or not declared:
        return
    loaded = row.__dict__
    here = reader.standing.town.pk if reader.standing else None
    town = loaded.get("municipality_id", here)
    for name, text in declared.items():
        value = loaded.get(name)
        if not (text.screened and town and isinstance(value, str)) or isinstance(value, Withheld):
            continue
        if reader.may_not_read(value, town, past=past):
            loaded[name] = Withheld(value)


# -- What may be saved -----------------------------------------------------------------------------

Wanted = Mapping[str, tuple[Text, str]]
Compares = Callable[[Municipality, Wanted, User | None], dict[str, str]]
COMPARES: list[Compares] = []


def compares(check: Compares) -> Compares:
    """Decorator. Given texts by name, and who types: the refusal, in words, of each that may not
    be saved so."""
    COMPARES.append(check)
    return check


def refusals(town: Municipality, typed: Mapping[str, tuple[Text, str]]) -> dict[str, str]:
    """{name: words} of the texts that may not be saved. Fields that nobody checks are left out."""
    wanted = {name: (text, value) for name, (text, value) in typed.items() if text.checked}
    reader = _reader.get()
    by = reader.standing.user if reader and reader.standing else None
    found: dict[str, str] = {}
    for check in COMPARES if wanted else ():
        found |= check(town, wanted, by)
    return found
