"""The town of a request. It stands in the URL, so two tabs can be in two towns."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

from django.db import OperationalError, ProgrammingError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege

from regions.accounts.second_factor import NEEDED_NOW, came_to_be_missing
from regions.drafts.actions import settled
from regions.models import Municipality, Visit
from regions.office import no_room
from regions.office.prepared import prepared

from .access import NotAllowed, Standing
from .acts import Act
from .locks import doors
from .requests import PersonRequest, TownRequest
from .submissions import once

__all__ = ["PersonRequest", "TownRequest", "outside", "town_page"]

logger = logging.getLogger(__name__)

Answer = HttpResponse | Callable[[], HttpResponse]
"""What a view returns: its response, or what makes it once the transaction is over. Such a thing
asks the database nothing any more."""


class _Outside(Exception):
    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self.work = work


_in_a_page = ContextVar("in_a_page", default=False)


def outside(work: Callable[[], object]) -> None:
    """Does what takes long while no page's transaction is open. Within a view the page is undone,
    the work is done, and the view is asked again: so it keeps what it made, and comes first."""
    if _in_a_page.get():
        raise _Outside(work)
    work()


def _prepared(ask: Callable[[], Any]) -> Any:
    """What is asked for, after the work that it turns out to need has been done outside."""
    while True:
        token = _in_a_page.set(True)
        try:
            return ask()
        except _Outside as needed:
            work = needed.work
        finally:
            _in_a_page.reset(token)
        work()


def _answered(request: TownRequest, answer: Callable[[], Answer]) -> Answer:
    """With the disk full, a page that only shows is made once more, and notes nothing."""
    try:
        answered = _prepared(answer)
    except OperationalError as error:
        if request.method != "GET" or not no_room.is_disk_full(error):
            raise
    else:
        _remember_visit(request)
        return answered
    with no_room.without_notes():
        return _prepared(answer)


TOWN = prepared(
    lambda code: Municipality.objects.select_related("prefecture__bureau").filter(code=code)
)
VISITED = "visited"
"""In the session: {code of a town: the day on which it was noted}."""


def town_page(*acts: Act) -> Callable:
    """The access decision of every page under /m/<code>/.

    A town that the person may not see is 404, as is one that does not exist; an act that the
    person may not do in a town he sees is 403 with words. With several acts, one is enough.

    The view runs in one transaction, in which the database shows only what this person may see.
    What takes long it leaves for afterwards (`Answer`), or asks for beforehand (`outside`).
    """

    def decorate(view: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: TownRequest, code: str, **kwargs: object) -> HttpResponse:
            request.town = _town(code)
            request.standing = Standing(request.user, request.town)
            if not request.standing.sees_town:
                raise Http404
            stopped = came_to_be_missing(request)
            if stopped and request.method != "POST":
                return redirect("second")

            def answer() -> Answer:
                with told_refusals(request.standing, view), doors.inside(request.standing):
                    request.standing.check(*acts)
                    if stopped:
                        # As words on a page that gives back what was sent.
                        raise NotAllowed(NEEDED_NOW)
                    _note_visit(request)
                    return settled(request, once(request, partial(view, request, **kwargs)))

            answered = _answered(request, answer)
            return answered() if callable(answered) else answered

        guarded.acts = acts  # type: ignore[attr-defined]
        return guarded

    return decorate


def _town(code: str) -> Municipality:
    if found := TOWN(code=code):
        return found[0]
    raise Http404


def _note_visit(request: TownRequest) -> None:
    """Once a day and session: when this person last was here, for 「だれが入れるか」."""
    today = timezone.localdate()
    if request.session.get(VISITED, {}).get(request.town.code) == str(today):
        return
    if no_room.leaves_out("visit"):
        return
    visit = Visit(municipality=request.town, by=request.user, day=today)
    # Nothing is asked back: not everyone who leaves a mark may read it.
    Visit.objects.bulk_create([visit], ignore_conflicts=True)


def _remember_visit(request: TownRequest) -> None:
    code, today = request.town.code, str(timezone.localdate())
    noted = request.session.get(VISITED, {})
    if noted.get(code) != today:
        still = {town: day for town, day in noted.items() if day == today}
        request.session[VISITED] = still | {code: today}


@contextmanager
def told_refusals(standing: Standing, view: Callable[..., Answer]) -> Iterator[None]:
    """What the access table let through and a policy of the database refused is our fault: the
    person reads a refusal, and the log tells on which page, of which role and which table."""
    try:
        yield
    except ProgrammingError as error:
        refusal = error.__cause__
        if not isinstance(refusal, InsufficientPrivilege):
            raise
        seen = {
            "view": f"{view.__module__}.{view.__name__}",
            "role": doors.worn_in(standing).value,
            "refused": refused_thing(refusal),
            "sqlstate": refusal.sqlstate,
        }
        logger.exception("a policy of the database refused", extra={"seen": seen})
        raise NotAllowed("この操作は、あなたの役割ではできません。") from error


THING = re.compile(r'\b(table|view|function|schema|sequence) "?(\w+)"?$')
"""The end of PostgreSQL's sentence in English; of one in another language nothing is told."""


def refused_thing(refusal: InsufficientPrivilege) -> str:
    """「table dialogues_voice」, as the database names it; nothing else of its sentence."""
    found = THING.search(refusal.diag.message_primary or "")
    return f"{found[1]} {found[2]}" if found else ""
