"""Querysets that are composed once in a process and asked often, each time with other values.

Django composes and compiles a queryset anew each time it is asked, which costs several times what
the database needs to answer it. What every page asks is prepared:

    ROUNDS = prepared(lambda town, year: SupportRound.objects.filter(municipality=town, year=year))
    ROUNDS(town=7, year=2026)  # a list of SupportRound

The function gets a placeholder for each value and hands it to the queryset, as the right side of a
lookup. It looks at nothing else that differs from one call to the next, such as who asks or what day
it is: the query keeps what it saw at first (tests/test_prepared.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property
from inspect import signature
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections, models
from django.db.models.sql.compiler import SQLCompiler


class Given(models.Expression):
    """Stands where a value will be."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "(%s)", [self]


@models.ForeignObject.register_lookup
@models.Field.register_lookup
class Among(models.Lookup):
    """`pk__among`, of a list that is one value: `in` would be another query for each length."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
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
            self.sql, self.params = "", ()

    def filled(self, values: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(values[each.name] if isinstance(each, Given) else each for each in self.params)

    def ask(self, values: dict[str, Any]) -> list[Any]:
        if not self.sql:
            return []
        filled = self.filled(values)
        compiler: Any = copy.copy(self.compiler)
        compiler.connection = connections[self.queryset.db]  # each thread has its own
        compiler.as_sql = lambda *_, **__: (self.sql, filled)
        query: Any = copy.copy(self.queryset.query)
        query.get_compiler = lambda *_, **__: compiler
        # Neither cloned, which costs as much as composing it, nor copied, which would ask it.
        asked = object.__new__(type(self.queryset))
        asked.__dict__.update(self.queryset.__dict__, _query=query)
        return list(asked)


class prepared:
    """A queryset as a function of its values."""

    every: ClassVar[list[prepared]] = []

    def __init__(self, compose: Callable[..., models.QuerySet]) -> None:
        self.compose = compose
        self.every.append(self)

    def __call__(self, **values: Any) -> list[Any]:
        return self.compiled.ask(values)

    @cached_property
    def compiled(self) -> Compiled:
        return self.compile()

    def compile(self) -> Compiled:
        return Compiled(
            self.compose(**{name: Given(name) for name in signature(self.compose).parameters})
        )


class Presence:
    """Which of several querysets find anything in a town, asked in one statement."""

    def __init__(self, querysets: list[models.QuerySet]) -> None:
        town = Given("town")
        asked = (each.filter(municipality=town).order_by().values("pk")[:1] for each in querysets)
        self.each = [Compiled(queryset) for queryset in asked]
        found = ", ".join(f"EXISTS({each.sql})" if each.sql else "false" for each in self.each)
        self.sql = f"SELECT {found}"

    def __call__(self, town: int) -> list[bool]:
        values = [value for each in self.each if each.sql for value in each.filled({"town": town})]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            return list(cursor.fetchone())
