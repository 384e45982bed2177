"""How often one may try: by account and address together, and slower over all addresses."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from regions.models import Attempt

from ..world import PASSWORD

pytestmark = pytest.mark.django_db

HALL = "203.0.113.10"


def enter(login_id: str, password: str, address: str = HALL):
    client = Client(REMOTE_ADDR=address)
    return client.post("/signin/", {"username": login_id, "password": password})


def fail(times: int, login_id: str = "staff", address: str = HALL) -> list[int]:
    return [enter(login_id, "machigai", address).status_code for _ in range(times)]


def pass_time(**time: int) -> None:
    for attempt in Attempt.objects.all():
        Attempt.objects.filter(pk=attempt.pk).update(at=attempt.at - dt.timedelta(**time))


@pytest.mark.asvs("6.3.1")
def test_after_five_wrong_tries_one_waits_and_is_told_how_long(world):
    assert fail(5) == [200] * 5
    late = enter("staff", PASSWORD)
    assert late.status_code == 429
    body = late.content.decode()
    assert "あと15分ほど" in body
    assert 'value="staff"' in body
    pass_time(minutes=10)
    assert "あと5分ほど" in enter("staff", PASSWORD).content.decode()
    pass_time(minutes=5)
    assert enter("staff", PASSWORD).status_code == 302


def test_colleagues_behind_the_same_address_notice_nothing(world):
    fail(5)
    assert enter("checker", PASSWORD).status_code == 302
    assert enter("coordinator", PASSWORD).status_code == 302


def test_the_same_person_gets_in_from_elsewhere(world):
    fail(5)
    assert enter("staff", PASSWORD, "203.0.113.11").status_code == 302


def test_getting_in_forgives_what_went_wrong_before(world):
    fail(4)
    assert enter("staff", PASSWORD).status_code == 302
    assert fail(5) == [200] * 5


def test_tries_that_are_refused_do_not_count(world):
    fail(9)
    assert Attempt.objects.count() == 5


@pytest.mark.asvs("6.1.1", "6.3.1")
def test_from_many_addresses_an_account_is_slowed_but_never_shut(world):
    assert enter("staff", PASSWORD, "198.51.100.1").status_code == 302
    for number in range(20):
        fail(1, address=f"192.0.2.{number}")
    slowed = enter("staff", PASSWORD, "192.0.2.99")
    assert slowed.status_code == 429
    assert "秒ほど" in slowed.content.decode()
    # Where its owner got in lately, nothing is slower.
    assert enter("staff", PASSWORD, "198.51.100.1").status_code == 302
    pass_time(seconds=30)
    assert enter("staff", PASSWORD, "192.0.2.99").status_code == 302


def test_an_id_that_does_not_exist_is_counted_alike(world):
    assert fail(6, "nobody-here") == [200] * 5 + [429]


def test_what_was_typed_as_an_id_is_not_kept(world):
    enter("my-password-in-the-wrong-field", "x")
    assert "password" not in str(Attempt.objects.values().get())


def test_the_own_password_is_asked_for_no_more_often(world, browse):
    client = browse(world.staff)
    new = {
        "old": "x",
        "new": "あさひのさす縁側でお茶をのむとき",
        "again": "あさひのさす縁側でお茶をのむとき",
    }
    assert [client.post("/account/password/", new).status_code for _ in range(6)] == [
        *[200] * 5,
        429,
    ]


def test_old_tries_are_cleared_away(world):
    from regions.accounts.upkeep import clear_away

    fail(2)
    Attempt.objects.filter(pk=Attempt.objects.first().pk).update(
        at=timezone.now() - dt.timedelta(days=31)
    )
    clear_away()
    assert Attempt.objects.count() == 1


def strangers(times: int, address: str = HALL, first: int = 0) -> list[int]:
    """Each time with another ID, as who looks for one that exists."""
    return [enter(f"nobody-{first + n}", "x", address).status_code for n in range(times)]


@pytest.mark.asvs("2.4.1", "6.3.1")
def test_ever_other_ids_from_one_address_slow_it_and_more_so_each_time(world, monkeypatch):
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    assert strangers(30) == [200] * 30
    slowed = enter("nobody-30", "x")
    assert slowed.status_code == 429
    assert "あと2秒ほど" in slowed.content.decode()
    made = 30
    for wait in (2, 4, 8, 16, 30, 30):
        for _ in range(30):
            pass_time(seconds=wait)
            assert strangers(1, first=made) == [200]
            made += 1
            if made % 30:
                assert strangers(1, first=made) == [429]
    # Refused tries don't count, so who waits is let in.
    pass_time(minutes=15)
    assert strangers(1, first=made) == [200]


def test_whoever_got_in_from_there_lately_notices_nothing(world):
    assert enter("checker", PASSWORD).status_code == 302
    strangers(40)
    assert enter("nobody-99", "x").status_code == 429
    assert enter("checker", "machigai").status_code == 200
    assert enter("checker", PASSWORD).status_code == 302


def test_a_town_hall_whose_people_mistype_is_not_slowed(world):
    """What goes wrong for those who are known there counts for them alone."""
    keys = ("staff", "checker", "coordinator", "center", "section", "prefecture", "bureau")
    for key in keys:
        assert enter(key, PASSWORD).status_code == 302
        assert fail(4, key) == [200] * 4
        assert enter(key, PASSWORD).status_code == 302
        assert fail(4, key) == [200] * 4
    assert enter("advisor", PASSWORD).status_code == 302


def test_another_address_is_not_slowed(world):
    strangers(31)
    assert enter("staff", PASSWORD, "203.0.113.11").status_code == 302


def test_an_id_that_exists_is_slowed_like_one_that_does_not(world):
    """Or the answer would tell which IDs there are."""
    strangers(30)
    assert enter("staff", PASSWORD).status_code == enter("nobody-77", "x").status_code == 429
    pass_time(seconds=2)
    assert enter("staff", PASSWORD).status_code == 302


def test_slips_are_counted_by_themselves(world):
    strangers(31)
    answer = Client(REMOTE_ADDR=HALL).post("/begin/", {"username": "nobody-1", "code": "ABCD"})
    assert answer.status_code == 200
