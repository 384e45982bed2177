"""One small world for every test: two towns, and each kind of person in both.

つむぎ町 (in 瑞穂県, under 中央厚生局) is where things happen; しおみ村 (in 若葉県, under 南部厚生局)
exists so that what could leak, exists.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone

from regions.models import (
    Bureau,
    Membership,
    Municipality,
    Prefecture,
    Role,
    SupportRound,
    User,
)
from regions.office.dates import fiscal_year
from regions.people.access import Standing

PASSWORD = "kawa-no-nagare-to-ito"


@dataclass
class World:
    town: Municipality
    other_town: Municipality
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def standing(self, name: str, town: Municipality | None = None) -> Standing:
        return Standing(self.people[name], town or self.town)


def make_town(code: str, name: str, prefecture: Prefecture) -> Municipality:
    return Municipality.objects.create(
        code=code, name=name, kana=name, kind="町", prefecture=prefecture, is_fictional=True
    )


def join(world: World, key: str, role: Role, **place: object) -> None:
    """Adds a person under `key`; the term began long ago unless `valid_from` says otherwise."""
    place.setdefault("valid_from", dt.date(2020, 4, 1))
    user = User(login_id=key, name=f"{role.label} {key}")
    user.set_password(PASSWORD)
    user.save()
    Membership.objects.create(user=user, role=role, post=f"{role.label}の人", **place)
    world.people[key] = user


def make_world() -> World:
    central = Bureau.objects.create(name="中央厚生局", order=90)
    south = Bureau.objects.create(name="南部厚生局", order=91)
    mizuho = Prefecture.objects.create(code="99", name="瑞穂県", kana="みずほけん", bureau=central)
    wakaba = Prefecture.objects.create(code="98", name="若葉県", kana="わかばけん", bureau=south)
    world = World(make_town("990019", "つむぎ町", mizuho), make_town("980013", "しおみ村", wakaba))
    for suffix, town, prefecture, bureau in (
        ("", world.town, mizuho, central),
        ("2", world.other_town, wakaba, south),
    ):
        join(world, f"staff{suffix}", Role.STAFF, municipality=town)
        join(world, f"checker{suffix}", Role.CHECKER, municipality=town)
        join(world, f"coordinator{suffix}", Role.COORDINATOR, municipality=town)
        join(world, f"center{suffix}", Role.SUPPORT_CENTER, municipality=town)
        join(world, f"section{suffix}", Role.SECTION, municipality=town)
        join(world, f"advisor{suffix}", Role.ADVISOR, municipality=town)
        join(world, f"prefecture{suffix}", Role.PREFECTURE, prefecture=prefecture)
        join(world, f"bureau{suffix}", Role.BUREAU, bureau=bureau)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    join(world, "former", Role.ADVISOR, municipality=world.town, valid_until=yesterday)
    join(world, "nation", Role.NATION)
    nobody = User(login_id="nobody", name="どこにも属さない人")
    nobody.set_password(PASSWORD)
    nobody.save()
    world.people["nobody"] = nobody
    return world


def begin_support(town: Municipality) -> SupportRound:
    """Makes the town one that is supported this fiscal year."""
    return SupportRound.objects.create(municipality=town, year=fiscal_year(), scheme="厚生局主導")
