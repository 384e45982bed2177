"""The operator's door: nationwide master data, through a second factor, and nothing of a town."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client

from regions.accounts.masters import masters
from stories.models import Service

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.2.1", "8.4.2")]

SERVICE = {"version": "2026", "program": "総合事業", "name": "サービス・活動B", "order": "1"}


def come_in(user, *, second: bool = True) -> Client:
    client = Client()
    client.force_login(user)
    if second:
        Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, data={})
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": 0, "type": "totp"}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client


@pytest.fixture
def operator(world):
    call_command("appoint_operator", "nobody", verbosity=0)
    world.nobody.refresh_from_db()
    return world.nobody


def test_nobody_else_comes_in(world):
    assert Client().get("/masters/").status_code == 302
    for user in world.people.values():
        answer = come_in(user).get("/masters/", follow=True)
        assert answer.status_code == 403
        assert "つむぎを動かす方だけ" in answer.content.decode()


def test_an_operator_without_the_second_factor_stays_outside(operator):
    assert come_in(operator, second=False).get("/masters/", follow=True).status_code == 403
    Authenticator.objects.create(user=operator, type=Authenticator.Type.TOTP, data={})
    assert come_in(operator, second=False).get("/masters/", follow=True).status_code == 403


def test_an_operator_keeps_the_services_and_each_change_is_told(operator):
    client = come_in(operator)
    assert client.get("/masters/").status_code == 200
    client.post("/masters/stories/service/add/", SERVICE)
    service = Service.objects.get(version=2026)
    client.post(f"/masters/stories/service/{service.pk}/change/", SERVICE | {"name": "活動B"})
    service.refresh_from_db()
    assert service.name == "活動B"
    assert [entry.user for entry in LogEntry.objects.all()] == [operator, operator]
    told = client.get(f"/masters/stories/service/{service.pk}/history/").content.decode()
    assert operator.name in told
    assert client.post(f"/masters/stories/service/{service.pk}/delete/").status_code == 403


def test_nothing_of_a_town_nor_of_a_person_is_there(operator):
    assert [model.__name__ for model in masters._registry] == ["Service"]
    client = come_in(operator)
    for url in ("regions/user/", "auth/user/", "password_change/", "logout/", "r/1/1/"):
        assert client.get(f"/masters/{url}").status_code == 404
    assert client.get("/m/990019/").status_code == 404


def test_its_pages_keep_the_policy(operator):
    client = come_in(operator)
    service = Service.objects.create(version=2026, program="総合事業", name="<b>", order=1)
    for url in (
        "",
        "stories/service/",
        "stories/service/add/",
        f"stories/service/{service.pk}/change/",
    ):
        answer = client.get(f"/masters/{url}")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
        assert not re.search(r"<script(?![^>]+(src=|type=\"application/json\"))", page)
        assert "<style" not in page


def test_the_office_is_left_as_it_was_taken(operator):
    call_command("appoint_operator", "nobody", end=True, verbosity=0)
    assert come_in(operator).get("/masters/", follow=True).status_code == 403
