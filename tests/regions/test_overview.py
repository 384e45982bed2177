import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from regions.models import Municipality, SupportEvent, SupportRound
from stakeholders.models import Sector, Stakeholder

from ..factories import make_body, make_voice
from ..world import begin_support, make_town

pytestmark = pytest.mark.django_db


def overview(client, query: str = "") -> str:
    return client.get(f"/overview/{query}").content.decode()


def test_towns_stand_in_the_order_of_their_codes_with_their_signs(world, browse):
    nearby = make_town("990027", "あさひ町", world.town.prefecture)
    round = begin_support(world.town)
    begin_support(nearby)
    make_body(world.town, sector=Sector.MEDICAL)
    make_body(world.town, sector=Sector.CARE)
    SupportEvent.objects.create(
        municipality=world.town,
        round=round,
        kind="visit",
        date=timezone.localdate() + dt.timedelta(days=10),
        title="第3回",
    )
    words = overview(browse(world.prefecture))
    assert words.index("つむぎ町") < words.index("あさひ町")
    assert "分野 2／8分野" in words
    assert "現地支援" in words
    assert "しおみ村" not in words


def test_only_towns_at_work_unless_all_are_asked_for(world, browse):
    make_town("990027", "あさひ町", world.town.prefecture)
    begin_support(world.town)
    client = browse(world.bureau)
    assert "あさひ町" not in overview(client)
    assert "あさひ町" in overview(client, "?show=all")


def test_a_town_without_movement_for_thirty_days_is_found(world, browse):
    make_body(world.town)
    client = browse(world.prefecture)
    assert "30日動きのない町はありません" in overview(client, "?show=quiet")
    long_ago = timezone.now() - dt.timedelta(days=31)
    Stakeholder.objects.update(updated_at=long_ago)
    assert "つむぎ町" in overview(client, "?show=quiet")


def test_nobody_at_work_is_said(world, browse):
    assert "取り組んでいる町は、まだありません" in overview(browse(world.nation))


def test_fictional_towns_stand_in_the_list_but_not_in_the_numbers(world, browse):
    begin_support(world.town)
    begin_support(world.other_town)
    Municipality.objects.filter(pk=world.other_town.pk).update(is_fictional=False)
    words = overview(browse(world.nation))
    assert "1市町村のうち、今年度の支援対象は1市町村です。" in words
    assert "つむぎ町" in words


def test_an_unknown_filter_is_passed_over(world, browse):
    begin_support(world.town)
    assert "つむぎ町" in overview(browse(world.nation), "?show=x&prefecture=abc")


def test_the_database_is_asked_as_often_for_three_towns_as_for_one(world, browse):
    client = browse(world.nation)
    overview(client)  # a session's first page is noted
    counts = []
    for code in ("990027", "990035", "990043"):
        town = make_town(code, f"町{code}", world.town.prefecture)
        SupportRound.objects.create(municipality=town, year=2026)
        make_voice(make_body(town), by=world.staff)
        with CaptureQueriesContext(connection) as asked:
            overview(client)
        counts.append(len(asked))
    assert counts[0] == counts[2]
