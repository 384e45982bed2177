"""Querysets that are composed once in a process and asked often, each time with other values.

Django composes and compiles a queryset anew each time it is asked, which costs several times what
the database needs to answer it. What every page asks is prepared:

    ROUNDS = prepared(lambda town, year: SupportRound.objects.filter(municipality=town, year=year))
    ROUNDS(town=7, year=2026)  # a list of SupportRound

The function gets a placeholder for each value and hands it to the queryset, as the right side of a
lookup. It looks at nothing else that differs from one call to the next: the query keeps what it
saw at first. What decides how the query is built is given by `shape`, and told apart by it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models.sql.compiler import SQLCompiler


class Given(models.Expression):
    """Stands where a value will be."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "(%s)", [self]


@models.Field.register_lookup
class Among(models.Lookup):
    """`pk__among`, of a list that is one value: `in` would be another query for each length."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, before = self.process_lhs(compiler, connection)
        value, own = self.process_rhs(compiler, connection)
        return f"{column} = ANY{value}", [*before, *own]


class Compiled:
    """A queryset with its SQL, or without any where nothing can be found."""

    def __init__(self, queryset: models.QuerySet) -> None:
        self.queryset = queryset
        self.compiler: SQLCompiler = queryset.query.get_compiler(queryset.db)
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql = ""

    def ask(self, values: dict[str, Any]) -> list[Any]:
        if not self.sql:
            return []
        filled = tuple(
            values[each.name] if isinstance(each, Given) else each for each in self.params
        )
        compiler: Any = copy.copy(self.compiler)
        compiler.connection = connections[self.queryset.db]  # each thread has its own
        compiler.as_sql = lambda *_, **__: (self.sql, filled)
        query: Any = copy.copy(self.queryset.query)
        query.get_compiler = lambda *_, **__: compiler
        # Neither cloned, which costs as much as composing it, nor copied, which would ask it.
        asked = object.__new__(type(self.queryset))
        asked.__dict__.update(self.queryset.__dict__, _query=query)
        return list(asked)


class Prepared:
    def __init__(self, compose: Callable[..., models.QuerySet]) -> None:
        self.compose = compose
        self.compiled: dict[Any, Compiled] = {}

    def __call__(self, *, shape: Any = None, **values: Any) -> list[Any]:
        if (found := self.compiled.get(shape)) is None:
            found = self.compiled[shape] = Compiled(self.composed(shape, values))
        return found.ask(values)

    def composed(self, shape: Any, names: Any) -> models.QuerySet:
        given = {name: Given(name) for name in names}
        return self.compose(**given) if shape is None else self.compose(shape=shape, **given)


prepared = Prepared
