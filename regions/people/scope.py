"""The town of a request. It stands in the URL, so two tabs can be in two towns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from regions.models import Municipality, User

from .access import Standing, towns_where
from .acts import Act
from .submissions import once


class PersonRequest(HttpRequest):
    """A request of someone who signed in (LoginRequiredMiddleware sees to it)."""

    user: User  # type: ignore[assignment]


class TownRequest(PersonRequest):
    """A request inside a town: what `town_page` hands to a view."""

    town: Municipality
    standing: Standing
    htmx: object


def town_page(*acts: Act) -> Callable:
    """The access decision of every page under /m/<code>/.

    A town that the person may not see is 404, as is one that does not exist; an act that the
    person may not do in a town he sees is 403 with words. With several acts, one is enough.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: TownRequest, code: str, **kwargs: object) -> HttpResponse:
            seen = towns_where(request.user, Act.SEE_TOWN).select_related("prefecture__bureau")
            request.town = get_object_or_404(seen, code=code)
            request.standing = Standing(request.user, request.town)
            request.standing.check(*acts)
            return once(request, partial(view, request, **kwargs))

        guarded.acts = acts  # type: ignore[attr-defined]
        return guarded

    return decorate
