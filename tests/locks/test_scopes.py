"""Scopes of the second lock: every trap that was seen, by name."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dialogues.models import (
    SharedVoice,
    Voice,
)
from regions.models import (
    Job,
    Membership,
    Municipality,
    Portrait,
    Role,
    SupportEvent,
    SupportRound,
)
from regions.office.jobs import run
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.locks import doors
from regions.people.locks.doors import Worn
from regions.people.locks.policies import LOGINS, OWNER

from ..doors import as_the_login
from .looking import asked, levels, shown

pytestmark = pytest.mark.django_db

LOGIN = LOGINS[0]
WEB = [worn.value for worn in Worn]
ANSWERING = [worn.value for worn in Worn if worn not in {Worn.LOADER, Worn.CLOCK}]


def denied(rows, words: str = "permission denied") -> None:
    with pytest.raises(ProgrammingError, match=words), transaction.atomic():
        list(rows)


def write_and_fail(town: Municipality) -> None:
    with doors.whole_town(town.pk):
        Portrait.objects.create(municipality=town, now="書きかけ")
        raise ZeroDivisionError


def wears() -> tuple[str, str, str]:
    return asked(
        "SELECT current_user, current_setting('app.town', true)"
        " || current_setting('app.towns', true), current_setting('app.every_town', true)"
    )[0]


def test_a_forgotten_scope_is_an_error_and_not_an_empty_town(full):
    with as_the_login():
        denied(Voice.objects.all())


def test_a_role_without_towns_is_an_error_and_not_an_empty_town(full):
    for role in (Worn.STAFF, Worn.COMPANION, Worn.COUNTER):
        with as_the_login(), transaction.atomic():
            connection.cursor().execute(
                f"SET LOCAL ROLE {role.value}; SET LOCAL app.town = ''; SET LOCAL app.towns = ''"
            )
            denied(Voice.objects.order_by().values("pk"), "no scope")


def test_what_is_lazy_does_not_outlive_its_scope(full):
    world, _, _ = full
    with as_the_login():
        with doors.inside(Standing(world.staff, world.town)):
            voices = Voice.objects.all()
        denied(voices)


def test_a_scope_within_a_scope_gives_back_what_was_there(world):
    with as_the_login(), doors.inside(Standing(world.center, world.town)):
        before = wears()
        assert before == (Worn.PARTNER, str(world.town.pk), "")
        with doors.whole_town(world.town.pk):
            assert wears()[0] == Worn.STAFF
        with doors.counting([1, 2, 3]):
            assert wears() == (Worn.COUNTER, "{1,2,3}", "")
        assert wears() == before


def test_a_scope_that_fails_gives_back_what_was_there_and_keeps_nothing(world):
    with as_the_login(), doors.inside(Standing(world.staff, world.town)):
        before = wears()
        with pytest.raises(ZeroDivisionError):
            write_and_fail(world.town)
        assert wears() == before
        assert not Portrait.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_on_the_connection_for_the_next_request(world, browse):
    with as_the_login():
        with doors.inside(Standing(world.staff, world.town)):
            assert wears()[0] == Worn.STAFF
        assert wears()[:2] == (LOGIN, "")
        with pytest.raises(ZeroDivisionError):
            write_and_fail(world.town)
        assert wears() == (LOGIN, "", "")


def test_a_refusal_of_the_second_lock_is_a_refusal_in_words(full, browse, settings):
    """As when a view forgets what the table says: here the grant is what is missing."""
    world, _, _ = full
    with connection.cursor() as cursor:
        cursor.execute("REVOKE SELECT ON regions_portrait FROM tsumugi_nation")
    answer = browse(world.nation).get("/m/990019/")
    assert answer.status_code == 403
    assert "できません" in answer.content.decode()


def test_the_owner_of_the_tables_is_told_when_he_forgets_to_say_that_he_means_every_town(full):
    """As in a migration of data: under FORCE it would change no row, and say nothing."""
    connection.cursor().execute("SET app.every_town = ''")
    try:
        denied(Voice.objects.all(), "no scope")
    finally:
        connection.cursor().execute("SET app.every_town = 'on'")
    assert Voice.objects.exists()
    assert asked("SELECT current_user") == [(OWNER,)]


def test_a_job_sees_what_the_one_who_asked_may_see_when_it_runs(full):
    world, ours, _ = full
    job = Job.objects.create(
        municipality=world.town,
        kind="issue-brief",
        requested_by=world.coordinator,
        payload={"brief": ours.brief.pk},
    )
    Membership.objects.filter(user=world.coordinator).update(
        valid_until=timezone.localdate() - dt.timedelta(days=1)
    )
    with as_the_login():
        run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.reason) == ("refused", "頼んだ方は、いまはこの町の担当ではありません。")


def test_an_overview_counts_only_the_towns_it_is_of(full):
    world, _, _ = full
    with as_the_login(), doors.across(world.prefecture, Act.OVERVIEW):
        assert set(SupportEvent.objects.values_list("municipality", flat=True)) == {world.town.pk}
        with doors.counting([world.town.pk]):
            assert set(Voice.objects.values_list("municipality", flat=True)) == {world.town.pk}
            denied(Voice.objects.values_list("number", "said__text"))


def at(monkeypatch, *moment: int) -> None:
    now = dt.datetime(*moment, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def test_an_advisors_sight_ends_with_the_last_day_of_the_term(full, monkeypatch):
    world, _, _ = full
    Membership.objects.filter(user=world.advisor).update(valid_until=dt.date(2027, 3, 31))
    names = ("town", "voices", "board", "stories", "stakeholders")
    paths = [reverse(name, args=[world.town.code]) for name in names]

    def answers() -> set[int]:
        client = Client()
        client.force_login(world.advisor)
        return {client.get(path).status_code for path in paths}

    at(monkeypatch, 2027, 3, 31, 23, 59, 59)
    assert answers() == {200}
    at(monkeypatch, 2027, 4, 1, 0, 0, 0)
    assert answers() == {404}


def test_b_stays_with_the_prefecture_until_the_fiscal_year_turns(full, monkeypatch):
    world, _, _ = full
    SupportRound.objects.filter(municipality=world.town).update(year=2026)
    at(monkeypatch, 2026, 12, 31, 23, 59)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "AB"
    at(monkeypatch, 2027, 1, 1, 0, 0)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "AB"
    at(monkeypatch, 2027, 3, 31, 23, 59)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "AB"
    at(monkeypatch, 2027, 4, 1, 0, 0)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "A"


def test_every_role_wears_something(full):
    assert set(doors.WORN_BY) == set(Role)
