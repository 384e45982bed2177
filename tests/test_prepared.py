"""Querysets that are composed once find what the same queryset, composed anew, would find."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from regions.models import Membership, Municipality, Visit
from regions.office.prepared import Compiled, Presence, prepared
from regions.people.locks import doors

pytestmark = pytest.mark.django_db
for module in (settings.ROOT_URLCONF, settings.SESSION_ENGINE):
    import_module(module)

BY_CODES = prepared(lambda codes: Municipality.objects.filter(code__among=codes).order_by("code"))
VISITS = prepared(lambda towns: Visit.objects.filter(municipality__among=towns))
NOTHING = prepared(lambda code: Municipality.objects.filter(code=code, pk__in=()))


def _sql(compiled: Compiled) -> tuple[str, list[object]]:
    return compiled.sql, [getattr(each, "name", each) for each in compiled.params]


@pytest.mark.parametrize("each", prepared.every, ids=lambda each: each.compose.__module__)
def test_a_prepared_query_depends_on_nothing_but_its_values(world, monkeypatch, each):
    """Neither on who asks first, nor on the day: it is kept as long as the process lives."""
    alone = _sql(each.compile())
    for person in ("staff", "section", "advisor"):
        with doors.inside(world.standing(person)):
            assert _sql(each.compile()) == alone
    later = timezone.now() + dt.timedelta(days=900)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert _sql(each.compile()) == alone


def test_it_finds_by_the_values_of_each_call(world):
    town, other = world.town, world.other_town
    assert BY_CODES(codes=[town.code]) == [town]
    assert BY_CODES(codes=[other.code, town.code]) == sorted([town, other], key=lambda t: t.code)
    assert BY_CODES(codes=[]) == []


def test_a_link_is_looked_up_among_ids(world):
    visit = Visit(municipality=world.town, by=world.staff, day=timezone.localdate())
    with doors.loading():
        Visit.objects.bulk_create([visit])
        assert [found.pk for found in VISITS(towns=[world.town.pk])] == [visit.pk]
        assert VISITS(towns=[world.other_town.pk]) == []


def test_what_can_find_nothing_asks_nothing(world, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert NOTHING(code=world.town.code) == []


def test_each_call_has_rows_of_its_own(world):
    [first], [second] = BY_CODES(codes=[world.town.code]), BY_CODES(codes=[world.town.code])
    first.name = "ほかの町"
    assert second.name == world.town.name != first.name


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_on_a_connection_of_its_own(world):
    code = world.town.code
    BY_CODES(codes=[code])

    def ask() -> tuple[str, int]:
        found = BY_CODES(codes=[code])[0].code, connection.connection.info.backend_pid
        connection.close()
        return found

    with ThreadPoolExecutor(1) as threads:
        found, backend = threads.submit(ask).result()
    assert found == code
    assert backend != connection.connection.info.backend_pid


def test_presence_tells_of_each_whether_the_town_has_some(world):
    ask = Presence(
        [
            Membership.objects.filter(role="staff"),
            Membership.objects.filter(role="none"),
            Membership.objects.none(),
        ]
    )
    with doors.loading():
        assert ask(world.town.pk) == [True, False, False]
