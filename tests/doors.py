"""How tests stand before the database.

A test sets its scene and looks at what came of it as the owner of all tables, over all towns. A
request begins as in production: as the login role, which may sign people in and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from django.db import connection
from django.db.backends.signals import connection_created
from django.http import HttpResponse

OWNER = "SET ROLE tsumugi_owner; SET app.every_town = 'on'; SET pgtrigger.ignore = '{}'"
LOGIN = "RESET ROLE; SET app.every_town = ''"


def begin_as_owner(connection, **told: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OWNER)


connection_created.connect(begin_as_owner)


@contextmanager
def as_the_login() -> Iterator[None]:
    """As the application's processes are between scopes."""
    with connection.cursor() as cursor:
        cursor.execute(LOGIN)
    try:
        yield
    finally:
        if not connection.needs_rollback and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute(OWNER)


class Porter:
    """Lets requests in, and tells when the last one is out. What a browser sends on its way out of
    a test stays outside: the tables are emptied next, and its transaction would stand in the way."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.open = True
        self.inside = 0

    def open_again(self) -> None:
        with self.changed:
            self.open = True

    def close(self) -> None:
        with self.changed:
            self.open = False
            assert self.changed.wait_for(lambda: not self.inside, timeout=30)

    @contextmanager
    def let_in(self) -> Iterator[bool]:
        with self.changed:
            welcome = self.open
            self.inside += welcome
        try:
            yield welcome
        finally:
            with self.changed:
                self.inside -= welcome
                self.changed.notify_all()


porter = Porter()


class AsTheLogin:
    """Middleware of the tests, outside of all others."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        with porter.let_in() as welcome:
            if not welcome:
                return HttpResponse(status=503)
            with as_the_login():
                return self.get_response(request)
