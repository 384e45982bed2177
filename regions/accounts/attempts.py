"""How often a secret may be tried: counted per account and address together.

A town hall is one address, so nobody is ever refused for what others did there; and over all
addresses an account is only slowed down, so that no stranger can shut its owner out. Many wrong
tries with ever other IDs slow down their address, but nobody who got in from there lately.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from regions.models import TRIES, Attempt
from regions.people.errors import Busy

WINDOW = dt.timedelta(minutes=15)
WIDE_TRIES = 20
WIDE_WINDOW = dt.timedelta(hours=1)
WIDE_PAUSE = dt.timedelta(seconds=30)
KNOWN_FOR = dt.timedelta(days=30)
"""From where its owner got in lately, an account is not even slowed down."""
HERE_TRIES = 30
"""So many wrong tries in WINDOW from one address, by accounts unknown there, slow it down; each
time so many more, twice as much."""
HERE_PAUSE, HERE_LONGEST = dt.timedelta(seconds=2), dt.timedelta(seconds=30)

SIGNIN, SLIP, CODE, PASSWORD = "signin", "slip", "code", "password"


class TooMany(Exception):
    """Tried too often: `wait` is how long until the next try is looked at."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(wait)
        self.wait = wait

    def __str__(self) -> str:
        seconds = max(1, math.ceil(self.wait.total_seconds()))
        how_long = f"{-(-seconds // 60)}分" if seconds > 60 else f"{seconds}秒"
        return f"続けて間違えたため、いまは受け付けられません。あと{how_long}ほどたってから、もう一度お試しください。"


REFUSALS = (TooMany, Busy)


def as_typed(login_id: str) -> str:
    """An ID as it was meant: a keyboard left in full width makes no difference."""
    return unicodedata.normalize("NFKC", login_id).strip()


def take(kind: str, account: str, request: HttpRequest, *, tries: int = TRIES) -> Attempt:
    """Counts a try before it is looked at, so that many at once gain nothing. Raises TooMany.

    The caller tells with `succeeded` when it was right.
    """
    now = timezone.now()
    account = salted_hmac("attempt", as_typed(account)).hexdigest()[:64]
    address = truncate_ip(get_adapter().get_client_ip(request))
    with transaction.atomic():
        _one_at_a_time(account, 7)
        made = Attempt.objects.filter(kind=kind, account=account)
        _check_here(made.filter(address=address), now, tries)
        _check_everywhere(made, address, now)
        if not made.filter(address=address, succeeded=True, at__gt=now - KNOWN_FOR).exists():
            _one_at_a_time(address, 8)
            _check_address(kind, address, now)
        return Attempt.objects.create(kind=kind, account=account, address=address, at=now)


def _one_at_a_time(what: str, kind: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [what, kind])


def _check_here(made, now: dt.datetime, tries: int) -> None:
    failed = []
    for at, right in (
        made.filter(at__gt=now - WINDOW).order_by("-at").values_list("at", "succeeded")
    ):
        if right:
            break
        failed.append(at)
    if len(failed) >= tries:
        raise TooMany(failed[tries - 1] + WINDOW - now)


def _check_everywhere(made, address: str, now: dt.datetime) -> None:
    failed = made.filter(succeeded=False, at__gt=now - WIDE_WINDOW).order_by("-at")
    times = list(failed.values_list("at", flat=True)[:WIDE_TRIES])
    if len(times) < WIDE_TRIES or now - times[0] >= WIDE_PAUSE:
        return
    known = made.filter(address=address, succeeded=True, at__gt=now - KNOWN_FOR)
    if not known.exists():
        raise TooMany(times[0] + WIDE_PAUSE - now)


def _check_address(kind: str, address: str, now: dt.datetime) -> None:
    """For an account that is unknown there. An ID that does not exist is told from one that does by
    nothing here."""
    here = Attempt.objects.filter(kind=kind, address=address)
    known = here.filter(succeeded=True, at__gt=now - KNOWN_FOR).values("account")
    failed = here.filter(succeeded=False, at__gt=now - WINDOW).exclude(account__in=known)
    times = list(failed.order_by("-at").values_list("at", flat=True)[: 10 * HERE_TRIES])
    steps = len(times) // HERE_TRIES
    if steps and (wait := times[0] + _pause(steps) - now) > dt.timedelta():
        raise TooMany(wait)


def _pause(steps: int) -> dt.timedelta:
    return min(HERE_LONGEST, HERE_PAUSE * 2 ** (steps - 1))


@contextmanager
def looked_at(attempt: Attempt) -> Iterator[None]:
    """What nobody had time to look at was no try."""
    try:
        yield
    except Busy:
        attempt.delete()
        raise


def succeeded(attempt: Attempt) -> None:
    attempt.succeeded = True
    attempt.save(update_fields=["succeeded"])


def forget_old() -> int:
    """What is older than any limit looks back."""
    return Attempt.objects.filter(at__lt=timezone.now() - KNOWN_FOR).delete()[0]
