"""What a sign is: something that can be counted on the road, for one town or for all at once.

Each floor registers its own in a module named `signs`; none of it is stored. `count` gets a
queryset of towns and returns {town id: number} with one grouped query; towns it leaves out have
none. `moved` registers what counts as movement: querysets whose newest `updated_at` is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Count, Max, QuerySet

from regions.models import Municipality, Phase
from regions.people.locks.doors import counting

Towns = QuerySet[Municipality]


@dataclass(frozen=True)
class Sign:
    phase: Phase
    key: str
    label: str
    unit: str
    empty: str
    count: Callable[[Towns], dict[int, int]]
    of: int | None = None
    """The whole of which it is a part (8 sectors), where there is one."""


@dataclass
class Counted:
    sign: Sign
    number: int


@dataclass
class TownProgress:
    town: Municipality
    phases: dict[Phase, list[Counted]] = field(default_factory=dict)
    last_moved: dt.datetime | None = None

    @property
    def standing_at(self) -> Phase | None:
        """The furthest phase that shows any sign."""
        reached = [p for p, signs in self.phases.items() if any(s.number for s in signs)]
        return reached[-1] if reached else None


SIGNS: list[Sign] = []
MOVING: list[QuerySet] = []


def sign(
    phase: Phase,
    key: str,
    label: str,
    *,
    unit: str,
    empty: str,
    of: int | None = None,
) -> Callable[[Callable[[Towns], dict[int, int]]], Callable[[Towns], dict[int, int]]]:
    def register(count: Callable[[Towns], dict[int, int]]) -> Callable[[Towns], dict[int, int]]:
        SIGNS.append(Sign(phase, key, label, unit, empty, count, of))
        return count

    return register


def moved(*rows: QuerySet) -> None:
    MOVING.extend(rows)


def grouped(rows: QuerySet, what: str = "pk") -> dict[int, int]:
    """{town id: distinct `what`} over rows of towns."""
    pairs = rows.order_by().values_list("municipality").annotate(n=Count(what, distinct=True))
    return dict(pairs)


def progress_of(towns: Towns) -> dict[int, TownProgress]:
    """How far each town is: one query for each sign, whatever the number of towns."""
    found = {town.pk: TownProgress(town, {phase: [] for phase in Phase}) for town in towns}
    with counting(found):
        for each in SIGNS:
            numbers = each.count(towns)
            for pk, progress in found.items():
                progress.phases[each.phase].append(Counted(each, numbers.get(pk, 0)))
        for rows in MOVING:
            newest = rows.filter(municipality__in=towns).order_by().values_list("municipality")
            for pk, at in newest.annotate(at=Max("updated_at")):
                mine = found[pk]
                mine.last_moved = max(mine.last_moved, at) if mine.last_moved else at
    return found
