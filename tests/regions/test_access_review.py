"""だれが入れるか: everyone with access, one press ends one, and the yearly look."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.db import ProgrammingError, transaction
from django.test import Client
from django.utils import timezone

from regions.models import AccessReview, Handover, Membership, Role
from regions.people.access import Standing
from regions.people.locks import doors
from tests.doors import as_the_login
from tests.world import join

pytestmark = pytest.mark.django_db

ACCESS = "/m/990019/people/access/"


def of(user) -> Membership:
    return Membership.objects.get(user=user)


def at(monkeypatch, *moment: int) -> None:
    now = dt.datetime(*moment, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def opens(user) -> int:
    client = Client()
    client.force_login(user)
    return client.get("/m/990019/").status_code


def test_everyone_of_the_town_sees_everyone_who_may_come_in(full, browse):
    world, _, _ = full
    inside = ("staff", "checker", "coordinator", "center", "section")
    outside = ("advisor", "prefecture", "bureau", "nation")
    for key in inside:
        page = browse(world.people[key]).get(ACCESS).content.decode()
        listed = page.partition("これまでに入れた方")[0]
        for person in (*inside, *outside):
            assert world.people[person].name in listed, (key, person)
        for person in ("staff2", "advisor2", "prefecture2", "bureau2", "former", "nobody"):
            assert f"{world.people[person].name}<" not in listed, (key, person)
        assert "きょう9名です" in page
        assert "former" in page
        assert ("終える<" in page) == (key == "checker")
    assert browse(world.advisor).get(ACCESS).status_code == 403


def test_it_tells_when_each_was_last_here_and_who_has_a_second_factor(full, browse):
    world, _, _ = full
    browse(world.bureau).get("/m/990019/")
    for key in ("staff", "advisor"):
        kind = Authenticator.Type.TOTP if key == "staff" else Authenticator.Type.RECOVERY_CODES
        Authenticator.objects.create(user=world.people[key], type=kind, data={})
    rows = browse(world.section).get(ACCESS).content.decode().split("<tr>")

    def cells(key: str) -> str:
        return next(row for row in rows if f"{world.people[key].name}<" in row)

    today = timezone.localdate()
    assert f"R{today.year - 2018}.{today.month}.{today.day}" in cells("bureau")
    assert "まだありません" in cells("nation")
    assert "<td>あり</td>" in cells("staff")
    assert "<td>なし</td>" in cells("advisor")


def test_of_the_second_factor_the_town_reads_no_secret(full):
    world, _, _ = full
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(Standing(world.checker, world.town)),
    ):
        list(Authenticator.objects.values_list("data"))


def test_one_press_ends_an_advisor_at_once(full, browse):
    world, _, _ = full
    url = f"/m/990019/people/{of(world.advisor).pk}/end/"
    client = browse(world.checker)
    assert client.get(url).status_code == 200
    assert opens(world.advisor) == 200
    assert client.post(url, {"now": "1"}).status_code == 302
    assert opens(world.advisor) == 404
    assert "もうこの役割では入れません" in client.get(ACCESS).content.decode()


def test_a_term_ends_with_the_last_day_that_was_said(full, browse, monkeypatch):
    world, _, _ = full
    url = f"/m/990019/people/{of(world.center).pk}/end/"
    browse(world.checker).post(url, {"last_day": "R9.3.31"})
    at(monkeypatch, 2027, 3, 31, 23, 59, 59)
    assert opens(world.center) == 200
    at(monkeypatch, 2027, 4, 1, 0, 0, 0)
    assert opens(world.center) == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [("R8.1.1", "過ぎた日です"), ("", "入力してください"), ("きのう", "日付として読めません")],
)
def test_a_wrong_day_is_said_beside_the_field(full, browse, typed, words):
    world, _, _ = full
    url = f"/m/990019/people/{of(world.center).pk}/end/"
    page = browse(world.checker).post(url, {"last_day": typed}).content.decode()
    assert words in page
    assert f'value="{typed}"' in page or not typed
    assert of(world.center).valid_until is None


def test_who_was_let_in_today_by_mistake_is_out_at_once(full, browse):
    world, _, _ = full
    join(world, "wrong", Role.STAFF, municipality=world.town, valid_from=timezone.localdate())
    wrong = world.people["wrong"]
    assert opens(wrong) == 200
    browse(world.checker).post(f"/m/990019/people/{of(wrong).pk}/end/", {"now": "1"})
    assert opens(wrong) == 404
    assert of(wrong).called_off


def test_a_town_keeps_a_manager(full, browse):
    world, _, _ = full
    url = f"/m/990019/people/{of(world.checker).pk}/end/"
    client = browse(world.checker)
    for data in ({"now": "1"}, {"last_day": "R9.3.31"}):
        page = client.post(url, data).content.decode()
        assert "この町の管理者（町 確認者）が一人もいなくなる" in page
    assert of(world.checker).valid_until is None
    # Another one whose own term is over by then is of no help.
    join(world, "deputy", Role.CHECKER, municipality=world.town, valid_until=dt.date(2027, 3, 31))
    assert "一人もいなくなる" in client.post(url, {"last_day": "R9.3.31"}).content.decode()
    assert client.post(url, {"last_day": "R9.2.28"}).status_code == 302
    assert of(world.checker).valid_until == dt.date(2027, 2, 28)


def test_only_the_operator_ends_those_above_the_town_and_nobody_another_towns(full, browse):
    world, _, _ = full
    client = browse(world.checker)
    for key in ("prefecture", "bureau", "nation", "staff2", "advisor2"):
        url = f"/m/990019/people/{of(world.people[key]).pk}/end/"
        assert client.post(url, {"now": "1"}).status_code == 404, key
        assert of(world.people[key]).valid_until is None
    assert "運用者にお申し出ください" in client.get(ACCESS).content.decode()


def test_what_was_planned_is_called_off_first(full, browse):
    world, _, _ = full
    client = browse(world.checker)
    data = {"valid_from": "R9.4.1", "who": world.section.pk, "post": ""}
    client.post(f"/m/990019/people/{of(world.staff).pk}/handover/", data)
    handover = Handover.objects.get(desk=of(world.staff))
    for membership in (handover.desk, handover.successor):
        response = client.post(f"/m/990019/people/{membership.pk}/end/", {"now": "1"})
        assert "引き継ぎの予定があります" in response.content.decode()
    assert opens(world.staff) == 200


# -- The yearly look -----------------------------------------------------------------------------


def test_that_someone_looked_is_a_row_that_stays(full, browse):
    world, _, _ = full
    client = browse(world.checker)
    page = client.get(ACCESS).content.decode()
    assert "まだありません" in page
    assert client.post(ACCESS, {"people": "9"}).status_code == 302
    review = AccessReview.objects.get()
    assert (review.by, review.on, review.people) == (world.checker, timezone.localdate(), 9)
    assert "9名" in browse(world.section).get(ACCESS).content.decode().partition("確かめ</h2>")[2]
    for key in ("staff", "coordinator"):
        assert browse(world.people[key]).post(ACCESS, {"people": "9"}).status_code == 403
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(Standing(world.checker, world.town)),
    ):
        AccessReview.objects.update(people=1)


def test_a_list_that_changed_meanwhile_is_looked_at_again(full, browse):
    world, _, _ = full
    join(world, "late", Role.ADVISOR, municipality=world.town)
    page = browse(world.checker).post(ACCESS, {"people": "9"}, follow=True).content.decode()
    assert "人が増えたか減っています" in page
    assert not AccessReview.objects.exists()


def test_the_home_proposes_it_from_may_on_and_where_terms_have_no_end(world, browse, monkeypatch):
    def proposed(user=world.checker) -> str:
        page = Client()
        page.force_login(user)
        return page.get("/m/990019/").content.decode()

    at(monkeypatch, 2026, 11, 23, 9, 0)
    assert "終わりの日がないまま1年をこえた方が6名" in proposed()
    assert "一覧を確かめる" not in proposed(world.staff)
    AccessReview.objects.create(
        municipality=world.town, by=world.checker, on=dt.date(2026, 11, 23), people=9
    )
    assert "一覧を確かめる" not in proposed()
    assert "今年度の分として確かめる" not in proposed()
    at(monkeypatch, 2027, 4, 30, 23, 59)
    assert "今年度の分として確かめる" not in proposed()
    at(monkeypatch, 2027, 5, 1, 0, 0)
    assert "今年度の分として確かめる" in proposed()


def test_changes_of_the_list_are_told_to_the_manager(full, browse):
    world, _, _ = full
    client = browse(world.checker)
    client.post(f"/m/990019/people/{of(world.center).pk}/end/", {"last_day": "R9.3.31"})
    page = client.get(ACCESS).content.decode()
    told = page.partition("一覧の移り変わり")[2]
    assert "町 確認者 checker" in told
    assert "「地域包括支援センター」（R2.4.1からR9.3.31まで）を変えた" in told
    assert "一覧の移り変わり" not in browse(world.staff).get(ACCESS).content.decode()
