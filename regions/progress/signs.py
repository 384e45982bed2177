"""What a sign is: something that can be counted on the road, for one town or for all at once.

Each floor registers its own in a module named `signs`; none of it is stored. `sign` registers
querysets of which distinct values are counted for each town, `moved` registers what counts as
movement: querysets whose newest `updated_at` is asked. None of them depends on the day or on who
asks, so all are asked in one statement, which each process composes once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from django.db import connection
from django.db.models import Count, Max, QuerySet

from regions.models import Municipality, Phase
from regions.people.locks.doors import counting


@dataclass(frozen=True)
class Sign:
    phase: Phase
    key: str
    label: str
    unit: str
    empty: str
    rows: QuerySet
    what: str
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

    def moved_at(self, at: dt.datetime) -> None:
        self.last_moved = max(self.last_moved or at, at)

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
    rows: QuerySet,
    what: str = "pk",
    *,
    unit: str,
    empty: str,
    of: int | None = None,
) -> None:
    SIGNS.append(Sign(phase, key, label, unit, empty, rows, what, of))


def moved(*rows: QuerySet) -> None:
    MOVING.extend(rows)


def progress_of(towns: Iterable[Municipality]) -> dict[int, TownProgress]:
    """How far each town is."""
    found = {town.pk: TownProgress(town, {phase: [] for phase in Phase}) for town in towns}
    with counting(found):
        rows = _counted(list(found))
    numbers = {(town, nth): number for town, nth, number, _ in rows}
    for pk, progress in found.items():
        for nth, each in enumerate(SIGNS):
            progress.phases[each.phase].append(Counted(each, numbers.get((pk, nth), 0)))
    for town, _, _, at in rows:
        if at:
            found[town].moved_at(at)
    return found


def _counted(towns: list[int]) -> list[tuple[int, int, int, dt.datetime | None]]:
    """Town, place in SIGNS and number; after these, a row for each that moved with its moment."""
    statement, given = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [towns if each is _TOWNS else each for each in given])
        return cursor.fetchall()


_TOWNS: object = object()
"""In the statement's parameters: where the towns go."""


@cache
def _statement() -> tuple[str, list[object]]:
    parts, given = [], []
    for nth, each in enumerate(SIGNS):
        if each.rows.query.annotations:
            sql, params = _of_groups(each.rows)
        else:
            sql, params = _grouped(each.rows, Count(each.what, distinct=True))
        parts.append(f"SELECT municipality, {nth}, asked, NULL::timestamptz FROM ({sql}) signs")
        given += [*params, _TOWNS]
    for rows in MOVING:
        sql, params = _grouped(rows, Max("updated_at"))
        parts.append(f"SELECT municipality, -1, 0, asked FROM ({sql}) moves")
        given += [*params, _TOWNS]
    return " UNION ALL ".join(f"{part} WHERE municipality = ANY(%s)" for part in parts), given


def _grouped(rows: QuerySet, asked: Count | Max) -> tuple[str, tuple]:
    grouped = rows.order_by().values_list("municipality").annotate(asked=asked)
    return grouped.query.sql_with_params()


def _of_groups(rows: QuerySet) -> tuple[str, tuple]:
    """Of rows that are groups themselves: looked up by their ids, each would be grouped anew."""
    sql, params = rows.order_by().values_list("municipality", "pk").query.sql_with_params()
    return f"SELECT municipality, count(*) AS asked FROM ({sql}) each GROUP BY 1", params
