"""What has a history: each floor registers the things that have a page, in a module `histories`.

A kind is one thing with the rows that belong to it, told in one line of time. What is registered
here decides who reads which part of it; `entries.py` only puts it into words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from regions.models import TownModel
from regions.people.access import Standing
from regions.people.acts import Act

TECHNICAL = frozenset(
    [
        "id",
        "municipality",
        "created_at",
        "updated_at",
        "search_text",
        "revision",
        "entry_key",
        "gone_key",
        "order",
        "approved_fingerprint",
    ]
)
"""Fields that say nothing to a reader."""


@dataclass(frozen=True)
class Part:
    """One table of a thing: its own row (no `link`), or rows that point at it by `link`."""

    model: type[TownModel]
    label: str
    link: str = ""
    of: Part | None = None
    """The part whose rows `link` points at, where that isn't the thing itself."""
    name: str = ""
    """The field that tells one row of the part from another."""
    hide: frozenset[str] = frozenset()
    restores: frozenset[str] = frozenset()
    """Texts that may be brought back into the thing's own form."""
    by: str = ""
    """For rows that are only added to and so have no events: the field with who added them."""
    verb: str = ""
    shown: Callable[[Standing, Any], bool] | None = None

    @property
    def key(self) -> str:
        return self.model._meta.model_name or ""

    @property
    def events(self) -> type[Model]:
        return self.model.history.rel.related_model  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Event:
    """One change of one row, whether an event row tells it or the row itself."""

    part: Part
    key: int
    """The event's own id."""
    pk: int
    label: str
    at: dt.datetime
    user: int | None
    url: str
    row: Any
    withheld: bool = False
    """The database shows this person that it happened, and nothing else."""

    @property
    def id(self) -> tuple[str, int]:
        return self.part.key, self.key


Words = dict[tuple[str, int], str]
"""Events (by `Event.id`) with the reason, in words, why something is withheld."""

Judge = Callable[[Standing, Any, list[Event]], Words]


def nothing(standing: Standing, thing: Any, events: list[Event]) -> Words:
    return {}


@dataclass(frozen=True)
class Kind:
    key: str
    label: str
    parts: tuple[Part, ...]
    page: Callable[[Any], str]
    edit: Callable[[Any], str]
    veiled: Judge = nothing
    """Events whose words this person may not read."""
    barred: Judge = nothing
    """Events whose words can't be brought back by anybody."""
    voices: Callable[[Any], list[int]] | None = None
    """For what tells of what was said: the voices whose words stand in its history."""
    own: bool = False
    """Whoever may write the thing sees its history, too."""

    @property
    def model(self) -> type[TownModel]:
        return self.parts[0].model

    def check(self, standing: Standing, thing: TownModel) -> None:
        """Of those who read the thing now, the ones who work in the town."""
        thing.check_view(standing)
        if self.own and thing.can_edit(standing):
            return
        standing.check(Act.SEE_HISTORY)


KINDS: dict[str, Kind] = {}
PAGES: dict[str, str] = {}
KEPT: list[type[TownModel]] = []


def register(kind: Kind) -> None:
    KINDS[kind.key] = kind


def pages(names: dict[str, str]) -> None:
    """The Japanese name of each page from which something is written, by the name of its URL."""
    PAGES.update(names)


def kept(models: Iterable[type[TownModel]]) -> None:
    """Tables whose rows are only added to: they are their own history, and the digest's, too."""
    KEPT.extend(models)
