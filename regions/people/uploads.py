"""Who may send a file where, and how much: asked before a byte of it is read.

A view that takes a file says so with `takes_file`, beside its own access decision and with the same
check; every other address takes no more than a form has. config/asgi.py asks `admit`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone

from regions.models import Municipality, Upload, User

from .access import NotAllowed, Standing
from .acts import Act
from .locks import doors
from .requests import PersonRequest

View = Callable[..., Any]

AT_ONCE = 2
"""Files that one person sends at the same time."""
BROKEN_AFTER = dt.timedelta(minutes=30)
"""One that has not ended by then broke off with the process that took it."""
KEPT_FOR = dt.timedelta(days=7)


class Refused(Exception):
    """It is not read; the words say why."""

    def __init__(self, words: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(words)
        self.status = status

    @property
    def for_lack_of_room(self) -> bool:
        return self.status != HTTPStatus.FORBIDDEN


NOT_HERE = (
    "ファイルを受け取れませんでした。サインインが切れているか、ここにファイルを送れる役割ではありません。"
    "サインインし直してから、もう一度選んでください。"
)
TWO_ALREADY = "いま、ほかのファイルを送っているところです。終わってから、もう一度選んでください。"
TODAY = "{whose}が一日に送れるファイルの量（{most}MB）を超えるため、受け取れませんでした。あすになると、また送れます。"


def audio_bytes() -> int:
    return max(settings.AUDIO_MAX_BYTES, settings.UPLOAD_MAX_BYTES)


def table_bytes() -> int:
    return settings.UPLOAD_MAX_BYTES


Check = Callable[..., object]


@dataclass(frozen=True)
class Takes:
    most: Callable[[], int]
    check: Check


def takes_file(most: Callable[[], int], check: Check) -> Callable[[View], View]:
    """Decorator, outside of all others. `most` gives the bytes of a file; `check` is given the
    standing, the size and what the address names, and raises NotAllowed, Http404 or Refused."""

    def decorate(view: View) -> View:
        view.takes_file = Takes(most, check)  # type: ignore[attr-defined]
        return view

    return decorate


def _taker(path: str) -> tuple[Takes | None, dict[str, Any], tuple[Act, ...]]:
    try:
        found = resolve(path)
    except Resolver404:
        return None, {}, ()
    return getattr(found.func, "takes_file", None), found.kwargs, getattr(found.func, "acts", ())


def most_bytes(path: str) -> int:
    """Of a file that is sent to this address."""
    takes, _, _ = _taker(path)
    return takes.most() if takes else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def admit(session_key: str, path: str, size: int) -> Upload | None:
    """Counts it, for the person of the session. None where there is nothing to count: no more than
    a form is sent by someone who may not send it, and the view itself answers. Raises Refused.
    """
    takes, kwargs, acts = _taker(path)
    small = size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        if takes is None:
            raise Refused(NOT_HERE)
        standing = _standing(session_key, kwargs.pop("code", ""))
        with doors.inside(standing):
            standing.check(*acts)
            takes.check(standing, size=size, **kwargs)
        return _count(standing.user, standing.town, size)
    except (PermissionDenied, Http404) as error:
        if small:
            return None
        raise Refused(NOT_HERE) from error
    except Refused as refusal:
        if small and not refusal.for_lack_of_room:
            return None
        raise
    finally:
        connection.close()


def _standing(session_key: str, code: str) -> Standing:
    user = _person(session_key)
    town = Municipality.objects.filter(code=code).first()
    if user is None or town is None:
        raise NotAllowed
    standing = Standing(user, town)
    if not standing.sees_town:
        raise NotAllowed
    return standing


def _person(session_key: str) -> User | None:
    """As the middleware would find: signed in, not too long ago, and with the second factor."""
    from regions.accounts import clock, second_factor

    store = import_module(settings.SESSION_ENGINE).SessionStore
    request = cast(PersonRequest, HttpRequest())
    request.session = store(session_key)
    request.user = get_user(request)  # type: ignore[assignment]
    if not request.user.is_authenticated or clock.seconds_left(request.session) <= 0:
        return None
    return None if second_factor.is_missing(request, again=True) else request.user


@transaction.atomic
def _count(user: User, town: Municipality, size: int) -> Upload:
    """One after the other for each person and each town, so that many at once gain nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(11, %s)", [user.pk])
        cursor.execute("SELECT pg_advisory_xact_lock(12, %s)", [town.pk])
    now = timezone.now()
    mine = Upload.objects.filter(by=user)
    if mine.filter(ended_at=None, created_at__gt=now - BROKEN_AFTER).count() >= AT_ONCE:
        raise Refused(TWO_ALREADY, HTTPStatus.TOO_MANY_REQUESTS)
    for whose, rows, most in (
        ("おひとり", mine, settings.UPLOAD_PERSON_BYTES_A_DAY),
        (town.name, Upload.objects.filter(municipality=town), settings.UPLOAD_TOWN_BYTES_A_DAY),
    ):
        if _today(rows) + size > most:
            words = TODAY.format(whose=whose, most=most // 1_000_000)
            raise Refused(words, HTTPStatus.TOO_MANY_REQUESTS)
    return Upload.objects.create(municipality=town, by=user, size=size)


def _today(rows) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return rows.filter(created_at__gte=midnight).aggregate(all=Sum("size"))["all"] or 0


def finish(upload: Upload) -> None:
    """It was answered, or broke off."""
    try:
        Upload.objects.filter(pk=upload.pk).update(ended_at=timezone.now())
    finally:
        connection.close()


def forget_old() -> int:
    """Within `clock()`."""
    return Upload.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]
