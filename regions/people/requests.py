"""What a view gets: the request of a person, and of a person in a town."""

from __future__ import annotations

from django.http import HttpRequest

from regions.models import Municipality, User

from .access import Standing


class PersonRequest(HttpRequest):
    """A request of someone who signed in (LoginRequiredMiddleware sees to it)."""

    user: User  # type: ignore[assignment]


class TownRequest(PersonRequest):
    """A request inside a town: what `town_page` hands to a view."""

    town: Municipality
    standing: Standing
    htmx: object
