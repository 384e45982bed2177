"""How often one person may ask for what takes long. By person, never by address: a whole town hall
comes from one. Signing in has limits of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps

from django.core.cache import cache
from django.http import HttpResponse

from .errors import TooMany
from .scope import PersonRequest

View = Callable[..., HttpResponse]


def always(request: PersonRequest) -> bool:
    return True


def at_most(
    times: int, *, seconds: int = 60, when: Callable[[PersonRequest], bool] = always
) -> Callable[[View], View]:
    """Stands outside `town_page`: the count is no row of a town. Two requests at the very same
    moment may count as one, which no limit of this kind minds."""

    def decorate(view: View) -> View:
        name = f"{view.__module__}.{view.__qualname__}"

        @wraps(view)
        def guarded(request: PersonRequest, **kwargs: object) -> HttpResponse:
            if when(request):
                now = int(time.time())
                key = f"at-most:{name}:{request.user.pk}:{now // seconds}"
                made = cache.get(key, 0)
                if made >= times:
                    raise TooMany(seconds - now % seconds)
                cache.set(key, made + 1, seconds)
            return view(request, **kwargs)

        return guarded

    return decorate
