"""札: how an account begins, and how a forgotten password ends."""

import datetime as dt
import re

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from regions.accounts import slips
from regions.models import Membership, Role, Slip, User
from regions.people.access import NotAllowed

from ..world import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "あさひのさす縁側でお茶をのむとき"


def slip_of(world, name: str = "staff", **more):
    return slips.issue(world.people[name], by=world.checker, town=world.town, **more)


def begin(login_id: str, code: str) -> Client:
    client = Client()
    client.answer = client.post("/begin/", {"username": login_id, "code": code})
    return client


def choose(client: Client, new: str = NEW, again: str = ""):
    return client.post("/begin/password/", {"new": new, "again": again or new})


@pytest.mark.asvs("6.4.1", "6.4.3")
def test_with_the_slip_one_chooses_ones_own_password_and_is_in(world):
    _, code = slip_of(world)
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}　"
    client = begin("staff", typed)
    assert client.answer["Location"] == "/begin/password/"
    assert "違っています" in choose(client, again=NEW + "ん").content.decode()
    assert "15文字以上" in choose(client, "みじかい").content.decode()
    assert choose(client)["Location"] == "/"
    assert client.get("/m/990019/").status_code == 200
    assert Client().login(username="staff", password=NEW)
    assert not Client().login(username="staff", password=PASSWORD)


def words(client: Client) -> str:
    return client.answer.content.decode()


@pytest.mark.asvs("6.5.1")
def test_a_slip_opens_once(world):
    _, code = slip_of(world)
    first, second = begin("staff", code), begin("staff", code)
    choose(first)
    assert "もう使われています" in choose(second, NEW + "に").content.decode()
    assert "もう使われています" in words(begin("staff", code))
    assert Slip.objects.get().used_at


@pytest.mark.asvs("6.4.1")
def test_a_slip_ends_after_72_hours(world):
    slip, code = slip_of(world)
    assert slip.expires_at - slip.issued_at == dt.timedelta(hours=72)
    long_ago = timezone.now() - dt.timedelta(hours=72, minutes=1)
    Slip.objects.update(issued_at=long_ago, expires_at=long_ago + dt.timedelta(hours=72))
    assert "期限が過ぎています" in words(begin("staff", code))


def test_the_database_refuses_a_longer_slip(world):
    slip_of(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Slip.objects.update(expires_at=timezone.now() + dt.timedelta(days=30))


def test_a_new_slip_voids_the_one_before(world):
    _, old = slip_of(world)
    _, code = slip_of(world)
    assert "新しい札が出ています" in words(begin("staff", old))
    assert begin("staff", code).answer.status_code == 302


def test_who_gets_in_with_the_password_needs_no_slip(world):
    _, code = slip_of(world)
    Client().post("/signin/", {"username": "staff", "password": PASSWORD})
    assert "もう使われています" in words(begin("staff", code))


def test_who_has_no_slip_learns_nothing(world):
    _, code = slip_of(world)
    wrong = "2" * 16
    told = [
        re.search(r"＊([^<]+)", words(begin(login_id, typed)))[1]
        for login_id, typed in (("staff", wrong), ("center", wrong), ("nobody-here", wrong),
                                ("center", code))
    ]  # fmt: skip
    assert set(told) == {slips.WRONG}


def test_tries_at_a_slip_are_limited(world):
    _, code = slip_of(world)
    for _ in range(5):
        assert begin("staff", "2" * 16).answer.status_code == 200
    late = begin("staff", code)
    assert late.answer.status_code == 429
    assert "あと15分ほど" in words(late)


def test_without_a_slip_no_password_is_chosen(world):
    client = Client()
    assert client.get("/begin/password/")["Location"] == "/begin/"
    assert choose(client)["Location"] == "/begin/"
    assert Client().login(username="staff", password=PASSWORD)


@pytest.mark.asvs("6.5.2")
def test_the_code_is_stored_nowhere(world):
    slip, code = slip_of(world)
    assert code not in str(Slip.objects.values().get())
    assert check_password(code, slip.code_hash)


# --- Issued by the town ---


def issue(browse, world, name: str = "staff", **fields):
    pk = Membership.objects.get(user=world.people[name], municipality=world.town).pk
    return browse(world.checker).post(f"/m/990019/people/{pk}/slip/", fields)


@pytest.mark.asvs("6.4.6")
def test_the_town_prints_a_slip_that_opens(world, browse):
    answer = issue(browse, world)
    body = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    code = "".join(re.findall(r"<span>([2-9A-Z]{4})</span>", body))
    assert len(code) == 16
    assert "http://testserver/begin/" in body
    assert begin("staff", code).answer.status_code == 302
    row = Slip.objects.get()
    assert (row.user, row.issued_by, row.municipality) == (world.staff, world.checker, world.town)
    own = browse(world.staff).get("/account/").content.decode()
    assert f"{world.checker.name}が出した札" in own


@pytest.mark.parametrize("place", ["advisor", "other town"])
def test_nobody_who_works_elsewhere_too_is_let_in_by_one_town(world, browse, place):
    if place == "other town":
        Membership.objects.create(
            user=world.staff, role=Role.STAFF, municipality=world.other_town,
            valid_from=dt.date(2020, 4, 1),
        )  # fmt: skip
    name = "advisor" if place == "advisor" else "staff"
    answer = issue(browse, world, name)
    assert "サーバーの運用者に" in answer.content.decode()
    assert not Slip.objects.exists()
    # And where the slip came first, it no longer opens.
    _, code = slip_of(world, name)
    assert "サーバーの運用者に" in words(begin(name, code))


def test_a_slip_for_someone_of_another_town_is_not_there_to_be_issued(world, browse):
    pk = Membership.objects.get(user=world.staff2).pk
    assert browse(world.checker).post(f"/m/990019/people/{pk}/slip/").status_code == 404


def test_nobody_makes_a_slip_for_himself(world, browse):
    assert "ご自分の札は出せません" in issue(browse, world, "checker").content.decode()
    assert not Slip.objects.exists()


def test_who_is_gone_gets_no_slip(world, browse):
    Membership.objects.filter(user=world.staff).update(valid_until=dt.date(2021, 3, 31))
    assert issue(browse, world).status_code == 404


# --- Issued by the operator ---


def said(capsys, *words: str) -> str:
    call_command(*words)
    return capsys.readouterr().out


def test_the_operator_prints_one_for_anyone(world, capsys):
    text = said(capsys, "issue_slip", "prefecture")
    code = re.search(r"札の番号: (.+)", text)[1]
    client = begin("prefecture", code)
    assert choose(client).status_code == 302
    assert User.objects.get(login_id="prefecture").check_password(NEW)
    with pytest.raises(CommandError, match="いません"):
        call_command("issue_slip", "nobody-here")


def test_a_town_lets_nobody_in_as_the_servers_operator(world, browse):
    """The operator's is a role elsewhere too, and the slip resets his second factor."""
    call_command("appoint_operator", "staff", verbosity=0)
    pk = Membership.objects.get(user=world.staff).pk
    answer = browse(world.checker).post(f"/m/990019/people/{pk}/slip/", {"resets_second": "on"})
    assert "サーバーの運用者に出してもらってください" in answer.content.decode()
    assert not Slip.objects.exists()


def test_who_became_the_servers_operator_since_needs_the_operators_slip(world):
    _, code = slip_of(world)
    call_command("appoint_operator", "staff", verbosity=0)
    assert "ほかにも役割のある方" in words(begin("staff", code))


def test_a_town_lets_nobody_in_who_begins_elsewhere_soon(world):
    """A successor's new desk begins on April 1st: what is issued in March opens it then."""
    soon = Membership.objects.create(
        municipality=world.other_town,
        user=world.staff,
        role=Role.STAFF,
        valid_from=timezone.localdate() + dt.timedelta(days=2),
    )
    with pytest.raises(NotAllowed):
        slips.check_can_issue(world.staff, world.town, by=world.checker)
    Membership.objects.filter(pk=soon.pk).update(
        valid_from="2020-04-01", valid_until=timezone.localdate() - dt.timedelta(days=1)
    )
    slips.check_can_issue(world.staff, world.town, by=world.checker)
