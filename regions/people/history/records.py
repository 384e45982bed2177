"""The rows that make up a town's history, each with a hash of all that it holds.

Everything here is of one town and reads nothing else, so that it works inside the town's scope.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pghistory
from django.db import models
from django.db.models import F, Func, QuerySet
from django.utils import timezone

from regions.models import Municipality

from .kinds import KEPT


class RowHash(Func):
    """SHA-256 of the named columns, as JSON. Independent of what columns are added later."""

    template = "encode(sha256(convert_to(jsonb_build_array(%(expressions)s)::text, 'UTF8')), 'hex')"
    output_field = models.CharField()


class BytesHash(Func):
    template = "encode(sha256(%(expressions)s), 'hex')"
    output_field = models.CharField()


@dataclass(frozen=True)
class Table:
    """A table whose rows are only added to. `at` names the column with when that was."""

    model: Any
    at: str

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(field.attname for field in self.model._meta.concrete_fields)

    def of(self, town: Municipality) -> QuerySet:
        return self.model._default_manager.filter(municipality=town)

    def hashed(self, rows: QuerySet, columns: Iterable[str]) -> dict[int, str]:
        """{id: hash}. KeyError for a column that the table has no longer."""
        fields = {field.attname: field for field in self.model._meta.concrete_fields}
        parts = [
            BytesHash(F(name)) if isinstance(fields[name], models.BinaryField) else F(name)
            for name in columns
        ]
        return dict(rows.order_by("pk").values_list("pk", RowHash(*parts)))


@cache
def tables() -> dict[str, Table]:
    """Event tables of the towns, and those tables that are their own history, by name."""
    events = [
        Table(model, "pgh_created_at")
        for model in pghistory.core.event_models()
        if any(field.name == "municipality" for field in model._meta.fields)
    ]
    found = [*events, *(Table(model, "created_at") for model in KEPT)]
    return {table.name: table for table in sorted(found, key=lambda table: table.name)}


def rows_between(
    table: Table, town: Municipality, after: dt.date | None, until: dt.date
) -> QuerySet:
    """Rows of the days after `after`, and of `until` itself, in Asia/Tokyo."""
    rows = table.of(town).filter(**{f"{table.at}__lt": _midnight_after(until)})
    return rows.filter(**{f"{table.at}__gte": _midnight_after(after)}) if after else rows


def _midnight_after(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))
