"""The town of a request. It stands in the URL, so two tabs can be in two towns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps

from django.db import ProgrammingError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege

from regions.accounts.second_factor import NEEDED_NOW, came_to_be_missing
from regions.models import Visit

from .access import NotAllowed, Standing, towns_where
from .acts import Act
from .locks import doors
from .requests import PersonRequest, TownRequest
from .submissions import once

__all__ = ["PersonRequest", "TownRequest", "town_page"]

logger = logging.getLogger(__name__)

VISITED = "visited"
"""In the session: {code of a town: the day on which it was noted}."""


def town_page(*acts: Act) -> Callable:
    """The access decision of every page under /m/<code>/.

    A town that the person may not see is 404, as is one that does not exist; an act that the
    person may not do in a town he sees is 403 with words. With several acts, one is enough.

    The view runs in one transaction, in which the database shows only what this person may see.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: TownRequest, code: str, **kwargs: object) -> HttpResponse:
            seen = towns_where(request.user, Act.SEE_TOWN).select_related("prefecture__bureau")
            request.town = get_object_or_404(seen, code=code)
            request.standing = Standing(request.user, request.town)
            stopped = came_to_be_missing(request)
            if stopped and request.method != "POST":
                return redirect("second")
            with second_lock(view.__name__), doors.inside(request.standing):
                request.standing.check(*acts)
                if stopped:
                    # As words on a page that gives back what was sent.
                    raise NotAllowed(NEEDED_NOW)
                _note_visit(request)
                return once(request, partial(view, request, **kwargs))

        guarded.acts = acts  # type: ignore[attr-defined]
        return guarded

    return decorate


def _note_visit(request: TownRequest) -> None:
    """Once a day and session: when this person last was here, for 「だれが入れるか」."""
    code, today = request.town.code, timezone.localdate()
    noted = request.session.get(VISITED, {})
    if noted.get(code) == str(today):
        return
    visit = Visit(municipality=request.town, by=request.user, day=today)
    # Nothing is asked back: not everyone who leaves a mark may read it.
    Visit.objects.bulk_create([visit], ignore_conflicts=True)
    still = {town: day for town, day in noted.items() if day == str(today)}
    request.session[VISITED] = still | {code: str(today)}


@contextmanager
def second_lock(what: str) -> Iterator[None]:
    """What the access table let through and the database refused: our fault, told as a refusal."""
    try:
        yield
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        logger.exception("the second lock refused %s", what)
        raise NotAllowed("この操作は、あなたの役割ではできません。") from error
