"""The accounts of a demo town: one for each kind of person of the access table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from regions.models import Membership, Municipality, Role, User

# Known to everyone who reads this file: given out only where TSUMUGI_DEMO says so.
PASSWORD = "tsumugi-no-michi"  # noqa: S105


@dataclass(frozen=True)
class Kind:
    role: Role
    login: str
    """Before the code of the place."""
    name: str
    post: str


KINDS = (
    Kind(Role.STAFF, "tanto", "福祉課 担当", "福祉課 高齢者支援係"),
    Kind(Role.CHECKER, "kakunin", "福祉課 係長", "福祉課 係長"),
    Kind(Role.COORDINATOR, "sc", "社協SC 担当", "社会福祉協議会 生活支援コーディネーター"),
    Kind(Role.SUPPORT_CENTER, "houkatsu", "包括 担当", "地域包括支援センター"),
    Kind(Role.SECTION, "ka", "庁内他課 担当", "企画財政課"),
    Kind(Role.ADVISOR, "advisor", "アドバイザー", "アドバイザー（地域づくり）"),
    Kind(Role.PREFECTURE, "ken", "県 担当", "長寿福祉課"),
    Kind(Role.BUREAU, "kyoku", "厚生局 担当", "地域包括ケア推進課"),
    Kind(Role.NATION, "kuni", "国・事務局 担当", "老健局"),
)
FORMER = Kind(Role.ADVISOR, "advisor-old", "前のアドバイザー", "アドバイザー（昨年度まで）")


def begin_of_year(today: dt.date) -> dt.date:
    return dt.date(today.year if today.month >= 4 else today.year - 1, 4, 1)


def settle(town: Municipality, names: dict[str, str]) -> dict[Role, User]:
    """Gives the town one person of each kind. `names` tells what a role's person is called,
    so that the interviewers of the file are people who can sign in."""
    today = timezone.localdate()
    people = {}
    for kind in KINDS:
        name = names.get(kind.role, kind.name)
        people[kind.role] = _person(town, kind, name)
        # 「住民課 担当E」 of a file works in its 住民課, whatever the kind's usual post is.
        section = name.split(" ")[0] if "課" in name.split(" ")[0] else ""
        post = kind.post if not section or kind.post.startswith(section) else section
        _join(people[kind.role], kind, town, post=post, valid_from=begin_of_year(today))
    former = _person(town, FORMER, FORMER.name)
    _join(
        former,
        FORMER,
        town,
        post=FORMER.post,
        valid_from=begin_of_year(today) - dt.timedelta(days=365),
        valid_until=begin_of_year(today) - dt.timedelta(days=1),
    )
    return people


def login_id(kind: Kind, town: Municipality) -> str:
    place = {
        Role.PREFECTURE: town.prefecture.code,
        Role.BUREAU: town.prefecture.code,
        Role.NATION: "",
    }.get(kind.role, town.code[:5])
    return f"{kind.login}-{place}".rstrip("-")


def _person(town: Municipality, kind: Kind, name: str) -> User:
    user, created = User.objects.get_or_create(
        login_id=login_id(kind, town), defaults={"name": name}
    )
    if created:
        if settings.DEMO:
            user.set_password(PASSWORD)
        else:
            user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def _join(user: User, kind: Kind, town: Municipality, *, post: str, **term: dt.date) -> None:
    place: dict[str, object] = {"municipality": town}
    if kind.role == Role.PREFECTURE:
        place = {"prefecture": town.prefecture}
    elif kind.role == Role.BUREAU:
        place = {"bureau": town.prefecture.bureau}
    elif kind.role == Role.NATION:
        place = {}
    if not Membership.objects.filter(user=user, role=kind.role, **place).exists():
        Membership.objects.create(user=user, role=kind.role, post=post, **place, **term)


def accounts(towns: list[Municipality]) -> list[tuple[str, str, str]]:
    """(place, kind of person, user ID), for the one who starts the demo."""
    listed: dict[str, tuple[str, str, str]] = {}
    for town in towns:
        places = {Role.PREFECTURE: town.prefecture.name, Role.BUREAU: str(town.prefecture.bureau)}
        for kind in (*KINDS, FORMER):
            place = "全国" if kind.role == Role.NATION else places.get(kind.role, town.name)
            label = kind.role.label + ("（任期は終わっています）" if kind is FORMER else "")
            listed.setdefault(login_id(kind, town), (place, label, login_id(kind, town)))
    return list(listed.values())
