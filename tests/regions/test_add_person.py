from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from regions.models import Membership, Role, User

pytestmark = pytest.mark.django_db


def add(*arguments: str) -> str:
    said = StringIO()
    call_command("add_person", *arguments, stdout=said)
    return said.getvalue()


def test_a_person_is_added_and_begins_with_the_slip_shown_once(world):
    said = add("yamada", "山田 花子", "staff", "--code", "990019", "--until", "令和19年3月31日")
    code = said.split("札の番号: ")[1].split("\n")[0]
    membership = Membership.objects.get(user__login_id="yamada")
    assert (membership.role, membership.municipality) == (Role.STAFF, world.town)
    assert str(membership.valid_until) == "2037-03-31"
    assert not membership.user.has_usable_password()
    answer = Client().post("/begin/", {"username": "yamada", "code": code})
    assert answer["Location"] == "/begin/password/"


def test_each_kind_of_place(world):
    add("ken", "県の人", "prefecture", "--code", "99")
    add("kyoku", "局の人", "bureau", "--bureau", "中央厚生局")
    add("kuni", "国の人", "nation")
    places = {
        m.user.login_id: m.place for m in Membership.objects.filter(user__login_id__startswith="k")
    }
    assert places == {"ken": "瑞穂県", "kyoku": "中央厚生局", "kuni": "全国"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("staff", "山田", "staff", "--code", "990019"), "すでに使われています"),
        (("yamada", "山田", "staff", "--code", "123456"), "場所が見つかりません"),
        (
            ("yamada", "山田", "staff", "--code", "990019", "--until", "来年"),
            "日付として読めません",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_added(world, arguments, words):
    before = User.objects.count()
    with pytest.raises(CommandError, match=words):
        add(*arguments)
    assert User.objects.count() == before
