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
    PasswordHash,
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


def make_people(world: World, posts: dict[str, dict[str, object]]) -> None:
    """People under their keys, and their memberships, which began long ago. All have the same
    password, long enough to stand alone."""
    one = User()
    one.set_password(PASSWORD)
    made = User.objects.bulk_create(
        User(login_id=key, name=_name(key, place), long_password=one.long_password)
        for key, place in posts.items()
    )
    PasswordHash.objects.bulk_create(PasswordHash(user=u, encoded=one.password) for u in made)
    world.people |= {user.login_id: user for user in made}
    Membership.objects.bulk_create(
        Membership(
            **{"valid_from": dt.date(2020, 4, 1), "post": f"{Role(place['role']).label}の人"}
            | place,
            user=world.people[key],
        )
        for key, place in posts.items()
        if place
    )


def join(world: World, key: str, role: Role, **place: object) -> None:
    make_people(world, {key: {"role": role, **place}})


def _name(key: str, place: dict[str, object]) -> str:
    return f"{Role(place['role']).label} {key}" if place else "どこにも属さない人"


def make_world() -> World:
    central, south = Bureau.objects.bulk_create(
        [Bureau(name="中央厚生局", order=90), Bureau(name="南部厚生局", order=91)]
    )
    mizuho, wakaba = Prefecture.objects.bulk_create(
        [
            Prefecture(code="99", name="瑞穂県", kana="みずほけん", bureau=central),
            Prefecture(code="98", name="若葉県", kana="わかばけん", bureau=south),
        ]
    )
    world = World(make_town("990019", "つむぎ町", mizuho), make_town("980013", "しおみ村", wakaba))
    posts: dict[str, dict[str, object]] = {}
    for suffix, town in (("", world.town), ("2", world.other_town)):
        posts |= {
            f"staff{suffix}": {"role": Role.STAFF, "municipality": town},
            f"checker{suffix}": {"role": Role.CHECKER, "municipality": town},
            f"coordinator{suffix}": {"role": Role.COORDINATOR, "municipality": town},
            f"center{suffix}": {"role": Role.SUPPORT_CENTER, "municipality": town},
            f"section{suffix}": {"role": Role.SECTION, "municipality": town},
            f"advisor{suffix}": {"role": Role.ADVISOR, "municipality": town},
            f"prefecture{suffix}": {"role": Role.PREFECTURE, "prefecture": town.prefecture},
            f"bureau{suffix}": {"role": Role.BUREAU, "bureau": town.prefecture.bureau},
        }
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    make_people(
        world,
        posts
        | {
            "former": {
                "role": Role.ADVISOR,
                "municipality": world.town,
                "valid_until": yesterday,
            },
            "nation": {"role": Role.NATION},
            "nobody": {},
        },
    )
    return world


def begin_support(town: Municipality) -> SupportRound:
    """Makes the town one that is supported this fiscal year."""
    return SupportRound.objects.create(municipality=town, year=fiscal_year(), scheme="厚生局主導")
