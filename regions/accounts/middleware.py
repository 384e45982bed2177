"""Signing in comes first on every page: the session's clock, the door, the second factor."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from regions.people.scope import PersonRequest

from . import clock, kept
from .pages import from_script, signin_page
from .second_factor import is_missing

ENTRANCES = {"home", "overview"}
"""Pages on which it is looked again whether a person came to need the second factor."""


class SignedInMiddleware:
    """Every page needs signing in unless it says otherwise (`login_not_required`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.session_over = clock.end_if_over(request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.user.is_authenticated:
            kept.remember_person(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return turn_away(request) if getattr(view, "login_required", True) else None
        if not clock.is_polling(request, view):
            clock.touch(request)
        request.seconds_left = clock.seconds_left(request.session)  # type: ignore[attr-defined]
        before = getattr(view, "before_second", False)
        match = request.resolver_match
        again = match is not None and match.view_name in ENTRANCES
        if not before and is_missing(cast(PersonRequest, request), again=again):
            return redirect("second")
        return None


def turn_away(request: HttpRequest) -> HttpResponse:
    """A page is sent to sign in and comes back. A script is told, so that it can ask over the same
    page. What a form posted goes along, so that it isn't lost."""
    if from_script(request):
        return JsonResponse({"state": "ended"}, status=HTTPStatus.UNAUTHORIZED)
    if request.method == "POST":
        sealed = kept.wrap(request)
        return signin_page(request, status=HTTPStatus.UNAUTHORIZED, posted=True, kept=sealed)
    return redirect_to_login(request.get_full_path())
