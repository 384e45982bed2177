"""The second factor: who must have one, and who has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from regions.models import Membership, Role, User
from regions.people.scope import PersonRequest

View = TypeVar("View", bound=Callable)

STATE = "second"
"""In the session: "missing" until it is set up, then "fine"."""


def before_second(view: View) -> View:
    """A page that opens although the second factor is still missing."""
    view.before_second = True  # type: ignore[attr-defined]
    return view


def is_required(user: User) -> bool:
    """The checker, and whoever sees more than one town."""
    if not settings.SECOND_FACTOR:
        return False
    held = Membership.objects.in_effect().filter(user=user)
    if held.filter(Q(role=Role.CHECKER) | Q(municipality__isnull=True)).exists():
        return True
    return held.values("municipality").distinct().count() > 1


def has_second(user: User) -> bool:
    """Recovery codes alone are none."""
    own = Authenticator.objects.filter(user=user)
    return own.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def is_missing(request: PersonRequest) -> bool:
    """Asked on every page, so it is kept in the session: looked up once, and again only until the
    second factor is there."""
    if not settings.SECOND_FACTOR or request.session.get(STATE) == "fine":
        return False
    missing = is_required(request.user) and not has_second(request.user)
    request.session[STATE] = "missing" if missing else "fine"
    return missing


def look_again(request: HttpRequest) -> None:
    request.session.pop(STATE, None)
