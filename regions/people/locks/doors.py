"""Scopes: one atomic block in which the database shows what one role may see in some towns.

`inside` is for a person in a town, `across` for a person's list of towns; the others are the
application's own. Everything is set for the transaction only, so nothing is left on a connection
that another request gets, and nothing lazy may leave the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from django.db import connection, transaction

from regions.models.people import Role
from regions.office.dates import fiscal_year
from regions.people.access import Standing, standing_here, towns_where
from regions.people.acts import Act
from regions.people.texts import Reader, read_by


class Worn(StrEnum):
    """The roles of roles.sql that the application puts on."""

    STAFF = "tsumugi_staff"
    CHECKER = "tsumugi_checker"
    PARTNER = "tsumugi_partner"
    SECTION = "tsumugi_section"
    COMPANION = "tsumugi_companion"
    NATION = "tsumugi_nation"
    OVERVIEW = "tsumugi_overview"
    COUNTER = "tsumugi_counter"
    LOADER = "tsumugi_loader"
    CLOCK = "tsumugi_clock"


WORN_BY = {
    Role.CHECKER: Worn.CHECKER,
    Role.STAFF: Worn.STAFF,
    Role.COORDINATOR: Worn.PARTNER,
    Role.SUPPORT_CENTER: Worn.PARTNER,
    Role.SECTION: Worn.SECTION,
    Role.PREFECTURE: Worn.COMPANION,
    Role.BUREAU: Worn.COMPANION,
    Role.ADVISOR: Worn.COMPANION,
    Role.NATION: Worn.NATION,
}
"""In the order in which they are put on where a person has several in one town."""

SETTINGS = (
    "role",
    "app.person",
    "app.town",
    "app.towns",
    "app.advised",
    "app.fiscal_year",
    "app.every_town",
)

NO_TRIGGER_IGNORED = "set_config('pgtrigger.ignore', '{}', true)"
"""What the triggers of the history ask first. Unset, each row written costs a caught error, and the
more so the more rows one transaction writes."""


@contextmanager
def enter(
    role: Worn,
    *,
    town: int | None = None,
    towns: Iterable[int] | None = None,
    advised: Iterable[int] = (),
    person: int | None = None,
    every_town: bool = False,
    standing: Standing | None = None,
    reader: Reader | None = None,
) -> Iterator[None]:
    values = _values(role, town, towns, advised, person, every_town)
    nested = connection.in_atomic_block
    with transaction.atomic(), standing_here(standing), read_by(reader):
        before = _put_on(values)
        yield
        # A rollback takes the settings back by itself, and the end of a transaction too.
        if nested and not connection.needs_rollback:
            _put_on(before)


def _values(
    role: Worn,
    town: int | None,
    towns: Iterable[int] | None,
    advised: Iterable[int],
    person: int | None,
    every_town: bool,
) -> tuple[str, ...]:
    """Of SETTINGS, in their order."""
    return (
        role.value,
        str(person or ""),
        str(town or ""),
        "" if towns is None else _array(towns),
        _array(advised),
        str(fiscal_year()),
        "on" if every_town else "",
    )


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


def _put_on(values: Iterable[str]) -> tuple[str, ...]:
    """Sets them for this transaction; returns what they were, in one round trip."""
    now = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)
    new = ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {now}, {new}, {NO_TRIGGER_IGNORED}", list(values))
        row = cursor.fetchone()
    return tuple(row[: len(SETTINGS)])


def worn_in(standing: Standing) -> Worn:
    held = {membership.role for membership in standing.memberships}
    return next(worn for role, worn in WORN_BY.items() if role in held)


def inside(standing: Standing):
    """What this person may see in this town. Someone must be there who has a role in it."""
    return enter(
        worn_in(standing),
        town=standing.town.pk,
        advised=_advised(standing),
        person=standing.user.pk,
        standing=standing,
        reader=Reader(standing.user.pk, standing),
    )


def _advised(standing: Standing) -> list[int]:
    held = any(membership.role == Role.ADVISOR for membership in standing.memberships)
    return [standing.town.pk] if held else []


def settings_inside(standing: Standing) -> dict[str, str]:
    """What `inside` sets, for a connection of another program (manage.py as_person)."""
    town, person = standing.town.pk, standing.user.pk
    values = _values(worn_in(standing), town, None, _advised(standing), person, False)
    return dict(zip(SETTINGS, values, strict=True))


def across(user, act: Act):
    """What one who walks alongside may see in all towns of an act at once."""
    advised = user.memberships.in_effect().filter(role=Role.ADVISOR)
    return enter(
        Worn.OVERVIEW,
        towns=towns_where(user, act).values_list("pk", flat=True),
        advised=advised.values_list("municipality", flat=True),
        person=user.pk,
        reader=Reader(user.pk),
    )


def counting(towns: Iterable[int]):
    """Grouped counts: rows and their kinds, dates and links, and no text."""
    return enter(Worn.COUNTER, towns=towns)


def whole_town(town: int, *, person: int | None = None):
    """All of a town, for what the application itself must look at before it lets a person act:
    whether a text repeats what was said in confidence. Nothing read here is shown. With `person`,
    for what was decided earlier and is carried out in that person's name."""
    return enter(Worn.STAFF, town=town, person=person)


def loading():
    """Master data, people and whole towns: for the operator's commands, which sign in as the
    tables' owner. The processes that answer people can't put this role on."""
    return enter(Worn.LOADER, every_town=True)


def clock():
    """What runs by itself, over all towns."""
    return enter(Worn.CLOCK, every_town=True)
