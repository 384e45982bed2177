"""What the database itself shows to a person or a role."""

from __future__ import annotations

from django.db import ProgrammingError, connection, models, transaction
from psycopg.errors import InsufficientPrivilege

from dialogues.models import VoiceText
from regions.models import Municipality
from regions.people.access import Standing
from regions.people.locks import doors

from ..doors import as_the_login


def asked(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def shown(world, key: str, rows, town: Municipality | None = None) -> set[int] | None:
    """The ids that the database shows this person in the town; None where it refuses to answer."""
    standing = Standing(world.people[key], town or world.town)
    try:
        with as_the_login(), transaction.atomic(), doors.inside(standing):
            rows = rows() if callable(rows) else rows
            return set(rows.order_by().values_list("pk", flat=True))
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return None
        raise


# 「役割ごとに見えるもの」, row by row: raw words by level (own: what one heard oneself), shared
# texts by level where the town is supported this year, and where it is not.
TABLE = {
    "staff": ("ABC", "AB", "AB"),
    "checker": ("ABC", "AB", "AB"),
    "coordinator": ("AB+own", "AB", "AB"),
    "center": ("AB+own", "AB", "AB"),
    "section": ("A", None, None),
    "prefecture": (None, "AB", "A"),
    "bureau": (None, "AB", "A"),
    "advisor": (None, "AB", "AB"),
    "nation": (None, None, None),
}


def levels(ids: set[int] | None, model: type[models.Model]) -> str | None:
    if ids is None:
        return None
    name = "voice__level" if model is VoiceText else "level"
    return "".join(sorted(set(model.objects.filter(pk__in=ids).values_list(name, flat=True))))
