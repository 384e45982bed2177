"""町に入る人: the town's 管理者 lets people in, and sets a stricter rule."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from regions.models import Membership, PasswordRule, Role, User

pytestmark = pytest.mark.django_db

NEW = "/m/990019/people/new/"
PERSON = {
    "login_id": "yamada-h",
    "name": "山田 花子",
    "role": "staff",
    "post": "福祉課",
    "valid_from": "R8.4.1",
    "valid_until": "",
}


def test_the_people_of_the_town_are_listed_and_no_others(world, browse):
    body = browse(world.checker).get("/m/990019/people/").content.decode()
    for name in ("staff", "checker", "coordinator", "center", "section", "advisor"):
        assert world.people[name].name in body
    for name in ("staff2", "prefecture", "former", "nation"):
        assert f"<td>{world.people[name].login_id}</td>" not in body


def test_a_person_is_added_with_a_role_and_a_slip(world, browse):
    body = browse(world.checker).post(NEW, PERSON).content.decode()
    user = User.objects.get(login_id="yamada-h")
    membership = Membership.objects.get(user=user)
    assert (membership.role, membership.municipality) == (Role.STAFF, world.town)
    assert membership.valid_from == dt.date(2026, 4, 1)
    assert not user.has_usable_password()
    code = "".join(re.findall(r"<span>([2-9A-Z]{4})</span>", body))
    answer = Client().post("/begin/", {"username": "yamada-h", "code": code})
    assert answer["Location"] == "/begin/password/"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"login_id": "staff2"}, "このIDは使われています"),
        ({"login_id": "STAFF2"}, "このIDは使われています"),
        ({"login_id": "山田"}, "半角の英数字"),
        ({"login_id": "ya"}, "3文字以上"),
        ({"name": ""}, "入力してください"),
        ({"role": "advisor"}, "正しく選択してください"),
        ({"role": "prefecture"}, "正しく選択してください"),
        ({"valid_until": "R7.3.31"}, "始まりの日より前です"),
    ],
)
def test_what_does_not_fit_is_said_and_nobody_is_added(world, browse, changed, words):
    before = User.objects.count()
    answer = browse(world.checker).post(NEW, PERSON | changed)
    assert answer.status_code == 200
    body = answer.content.decode()
    assert words in body
    # Of someone who works elsewhere nothing is told but that the ID is taken.
    assert world.staff2.name not in body
    assert User.objects.count() == before


def test_who_comes_back_gets_the_same_id_again(world, browse):
    client = browse(world.checker)
    client.post(NEW, PERSON)
    # The same page sent once more, or opened again, tells where the slip is to be had.
    assert "札は「町に入る人」から出し直せます" in client.post(NEW, PERSON).content.decode()
    user = User.objects.get(login_id="yamada-h")
    Membership.objects.filter(user=user).update(valid_until=dt.date(2026, 4, 1))
    other = client.post(NEW, PERSON | {"name": "別の人"}).content.decode()
    assert "前にこの町に入っていた「山田 花子」さんのものです" in other
    assert "はじめの札" in client.post(NEW, PERSON).content.decode()
    assert Membership.objects.filter(user=user).count() == 2
    assert User.objects.filter(login_id="yamada-h").count() == 1


def test_only_the_checker_manages_people(world, browse):
    for name in ("staff", "coordinator", "center", "section", "advisor", "prefecture"):
        assert browse(world.people[name]).get("/m/990019/people/").status_code == 403
    assert "町に入る人" not in browse(world.staff).get("/m/990019/").content.decode()
    assert "町に入る人" in browse(world.checker).get("/m/990019/").content.decode()


# --- The town's rule ---


def set_rule(browse, world, shortest: int, tries: int):
    fields = {"shortest": shortest, "tries": tries}
    return browse(world.checker).post("/m/990019/people/rule/", fields)


def test_a_town_is_stricter_and_its_people_feel_it(world, browse):
    assert set_rule(browse, world, 20, 3).status_code == 302
    new = {"old": "kawa-no-nagare-to-ito", "new": "あさひのさす縁側でお茶をのむ月", "again": "x"}
    body = browse(world.staff).post("/account/password/", new).content.decode()
    assert "20文字以上" in body
    body = browse(world.staff2).post("/account/password/", new).content.decode()
    assert "20文字以上" not in body
    wrong = {"username": "staff", "password": "x"}
    client = Client()
    statuses = [client.post("/signin/", wrong).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(("shortest", "tries"), [(11, 5), (8, 5), (12, 6), (12, 100), (12, 0)])
def test_a_town_is_never_weaker(world, browse, shortest, tries):
    assert set_rule(browse, world, shortest, tries).status_code == 200
    assert not PasswordRule.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        PasswordRule.objects.create(municipality=world.town, shortest=shortest, tries=tries)
