"""札: an account begins, and a forgotten password ends, with a one-time code on paper."""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from django.utils.timezone import localtime

from regions.models import TOWN_ROLES, Membership, Municipality, Slip, User
from regions.office.dates import wareki
from regions.people.access import NotAllowed

LASTS = dt.timedelta(hours=72)
# Without the letters that are read for another on paper: I L O, 0 1.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 16


class Unusable(Exception):
    """The slip doesn't open anything, in words for who holds it."""


NEWER = "あとから新しい札が出ています。新しい札の番号を入力してください。"
WRONG = "IDか札の番号が違います。札に書かれたとおりに入力してください。"


def check_can_issue(user: User, town: Municipality, *, by: User) -> None:
    """A town hands a slip only to people of its own: whoever is let in by it would also be let in
    elsewhere. `holder_of` asks again when it is used. And nobody makes one for himself, with which
    whoever finds an open page could stay for good."""
    if user == by:
        raise NotAllowed(
            "ご自分の札は出せません。ほかの管理者か、サーバーの運用者に出してもらってください。"
        )
    if _works_elsewhere(user, town):
        raise NotAllowed(
            "この町のほかにも役割のある方です。札は、サーバーの運用者に出してもらってください。"
        )


def _works_elsewhere(user: User, town: Municipality) -> bool:
    """Now or from some day on; the server's operator does too."""
    if user.is_operator:
        return True
    held = Membership.objects.not_over().filter(user=user)
    return held.exclude(municipality=town, role__in=TOWN_ROLES).exists()


@transaction.atomic
def issue(
    user: User,
    *,
    by: User | None,
    town: Municipality | None,
    resets_second: bool = False,
) -> tuple[Slip, str]:
    """The slip and its code, which is written down nowhere. Slips issued before are void."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    now = timezone.now()
    slip = Slip.objects.create(
        user=user,
        municipality=town,
        code_hash=make_password(code),
        resets_second=resets_second,
        issued_by=by,
        issued_at=now,
        expires_at=now + LASTS,
    )
    return slip, code


def in_groups(code: str) -> list[str]:
    return [code[at : at + 4] for at in range(0, len(code), 4)]


def in_words(slip: Slip, code: str) -> str:
    """The slip as lines of text, for the operator's terminal."""
    until = f"{wareki(localtime(slip.expires_at).date())} {localtime(slip.expires_at):%H:%M}"
    return "\n".join(
        [
            f"ID: {slip.user.login_id}",
            f"札の番号: {' '.join(in_groups(code))}",
            f"使える期限: {until} まで（一度だけ）",
            "開くところ: サインインの画面の「札で始める」。パスワードは、ご本人が決めます。",
        ]
    )


def holder_of(login_id: str, code: str) -> Slip:
    """The open slip that the code belongs to. Raises Unusable.

    Who doesn't hold the paper learns nothing: neither whether the ID exists nor whether it has a
    slip.
    """
    code = "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c in LETTERS)
    slips = Slip.objects.filter(user__login_id=login_id, user__is_active=True)
    newest = list(slips.defer(None).select_related("user", "municipality").order_by("-id")[:3])
    if not newest:
        make_password(code)  # takes as long as comparing would
        raise Unusable(WRONG)
    slip, *before = newest
    if not check_password(code, slip.code_hash):
        old = any(check_password(code, earlier.code_hash) for earlier in before)
        raise Unusable(NEWER if old else WRONG)
    check_open(slip)
    return slip


def check_open(slip: Slip) -> None:
    if slip.used_at or slip.voided_at:
        raise Unusable("この札はもう使われています。札は一度だけ使えます。")
    if slip.expires_at <= timezone.now():
        raise Unusable("この札は期限が過ぎています。町の管理者に、新しい札をお申し出ください。")
    if slip.user.slips.filter(pk__gt=slip.pk).exists():
        raise Unusable(NEWER)
    if slip.municipality and _works_elsewhere(slip.user, slip.municipality):
        raise Unusable(
            "この町のほかにも役割のある方です。札は、サーバーの運用者に出してもらってください。"
        )


def use(slip: Slip, *, password: str) -> User:
    """The holder's own password is set, and the slip is spent. Raises Unusable when another
    window was faster; Busy."""
    chosen = User(login_id=slip.user.login_id)
    chosen.set_password(password)  # which waits its turn, while nothing is locked
    return _spend(slip, chosen)


@transaction.atomic
def _spend(slip: Slip, chosen: User) -> User:
    slip = Slip.objects.select_for_update(of=("self",)).select_related("user", "municipality").get(
        pk=slip.pk
    )  # fmt: skip
    check_open(slip)
    user = slip.user
    user.password, user.long_password = chosen.password, chosen.long_password
    user.save(update_fields=["password", "long_password"])
    if slip.resets_second:
        Authenticator.objects.filter(user=user).delete()
    slip.used_at = timezone.now()
    slip.save(update_fields=["used_at"])
    return user


def void_open(user: User) -> None:
    """Who gets in without it no longer needs the paper, and nobody else shall find it."""
    Slip.objects.filter(user=user, used_at=None, voided_at=None).update(voided_at=timezone.now())
