"""The second factor: who must have one, and who has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from regions.models import Membership, Role, User
from regions.people.requests import PersonRequest, TownRequest

View = TypeVar("View", bound=Callable)

STATE = "second"
"""In the session: one of those that follow."""
MISSING, HAS, UNNEEDED = "missing", "has", "unneeded"
NEEDED_NOW = "役割が変わり、二つめの確認が必要になりました。用意してから、もう一度送ってください。"


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


def is_missing(request: PersonRequest, *, again: bool = False) -> bool:
    """Asked on every page, so it is kept in the session: looked up once, and after that only until
    the second factor is there. `again` looks once more whether it came to be needed."""
    state = request.session.get(STATE)
    if not settings.SECOND_FACTOR or state == HAS or (state == UNNEEDED and not again):
        return False
    state = MISSING if is_required(request.user) else UNNEEDED
    if has_second(request.user):
        state = HAS
    if request.session.get(STATE) != state:
        request.session[STATE] = state
    return state == MISSING


def came_to_be_missing(request: TownRequest) -> bool:
    """Whether the person has since been given a role for which the second factor is needed, as
    far as the memberships tell that a town's page knows anyway."""
    if request.session.get(STATE) != UNNEEDED:
        return False
    held = request.standing.memberships
    asks = any(each.role == Role.CHECKER or each.municipality_id is None for each in held)
    return asks and is_missing(request, again=True)


def look_again(request: HttpRequest) -> None:
    request.session.pop(STATE, None)
