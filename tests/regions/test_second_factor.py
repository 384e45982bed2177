"""The second factor: who must have one, how it is set up, asked for, lost and taken away."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regions.accounts import slips
from regions.models import Membership, Role

from ..world import PASSWORD

pytestmark = pytest.mark.django_db

STEP = 30


@pytest.fixture(autouse=True)
def with_second_factor(settings, without_second_factor):
    settings.SECOND_FACTOR = True
    # A test may begin just before a step of the clock ends.
    settings.MFA_TOTP_TOLERANCE = 1


def enter(login_id: str, **more) -> Client:
    client = Client()
    client.answer = client.post("/signin/", {"username": login_id, "password": PASSWORD, **more})
    return client


def code_now(secret: str, steps: int = 0) -> str:
    return f"{hotp_value(secret, int(time.time()) // STEP + steps):06}"


def register_app(client: Client) -> str:
    """Registers an authenticator app; gives its secret."""
    client.get("/account/second/app/")
    secret = client.session["mfa.totp.secret"]
    answer = client.post("/account/second/app/", {"code": code_now(secret)})
    assert answer.status_code == 302
    return secret


def is_in(client: Client) -> bool:
    return client.get("/m/990019/").status_code == 200


@pytest.mark.parametrize("name", ["checker", "prefecture", "bureau", "nation"])
@pytest.mark.asvs("6.3.3")
def test_who_needs_one_is_led_to_it_before_anything_else_opens(world, name):
    client = enter(name)
    for path in ("/", "/overview/", "/m/990019/", "/account/", "/m/990019/people/"):
        assert client.get(path)["Location"] == "/account/second/"
    page = client.get("/account/second/").content.decode()
    assert "二つめの確認を用意してください" in page
    register_app(client)
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("name", ["staff", "coordinator", "center", "section", "advisor"])
def test_the_others_may_do_without(world, name):
    assert is_in(enter(name))


def test_whoever_sees_two_towns_needs_one(world):
    Membership.objects.create(
        user=world.advisor, role=Role.ADVISOR, municipality=world.other_town,
        valid_from="2020-04-01",
    )  # fmt: skip
    assert enter("advisor").get("/")["Location"] == "/account/second/"


def test_the_demo_leaves_it_out(world, settings):
    settings.SECOND_FACTOR = False
    assert is_in(enter("checker"))


def test_a_session_that_did_not_come_through_signing_in_is_asked_too(world, browse):
    assert browse(world.checker).get("/m/990019/")["Location"] == "/account/second/"


def test_it_is_asked_for_after_the_password(world):
    secret = register_app(enter("checker"))
    client = enter("checker", next="/m/990019/voices/")
    assert "二つめの確認" in client.answer.content.decode()
    assert not is_in(client)
    wrong = client.post("/signin/code/", {"code": "000000"})
    assert "番号が違います" in wrong.content.decode()
    answer = client.post("/signin/code/", {"code": code_now(secret)})
    assert answer["Location"] == "/m/990019/voices/"
    assert is_in(client)


@pytest.mark.asvs("6.5.1")
def test_a_code_opens_once(world):
    secret = register_app(enter("checker"))
    code = code_now(secret)
    first, second = enter("checker"), enter("checker")
    assert first.post("/signin/code/", {"code": code}).status_code == 302
    assert second.post("/signin/code/", {"code": code}).status_code == 200
    assert not is_in(second)


@pytest.mark.asvs("6.5.5")
def test_a_clock_that_is_a_little_off_is_let_pass_where_the_operator_says_so(world, settings):
    secret = register_app(enter("checker"))
    client = enter("checker")
    settings.MFA_TOTP_TOLERANCE = 0
    assert client.post("/signin/code/", {"code": code_now(secret, -1)}).status_code == 200
    settings.MFA_TOTP_TOLERANCE = 1
    assert client.post("/signin/code/", {"code": code_now(secret, -1)}).status_code == 302


def test_tries_at_the_code_are_limited(world):
    secret = register_app(enter("checker"))
    client = enter("checker")
    for _ in range(5):
        assert client.post("/signin/code/", {"code": "000000"}).status_code == 200
    late = client.post("/signin/code/", {"code": code_now(secret)})
    assert late.status_code == 429
    assert "あと15分ほど" in late.content.decode()
    kept = client.post("/signin/code/", {"code": code_now(secret), "kept": "sealed"})
    assert 'name="kept" value="sealed"' in kept.content.decode()
    back = client.post("/signin/code/", {"kept": "sealed"})
    assert 'name="kept" value="sealed"' in back.content.decode()
    assert 'name="code"' in back.content.decode()


@pytest.mark.asvs("6.5.1", "6.5.4")
def test_recovery_codes_are_shown_once_and_open_once(world):
    client = enter("checker")
    register_app(client)
    page = client.get("/account/second/codes/").content.decode()
    codes = [
        one + two for one, two in re.findall(r"<span>(\d{4})</span> <span>(\d{4})</span>", page)
    ]
    assert len(codes) == 10
    assert codes[0][:4] not in client.get("/account/second/codes/").content.decode()
    entering = enter("checker")
    assert (
        entering.post("/signin/code/", {"code": f"{codes[0][:4]} {codes[0][4:]}"}).status_code
        == 302
    )
    assert "残り9個" in entering.get("/account/").content.decode()
    again = enter("checker")
    assert again.post("/signin/code/", {"code": codes[0]}).status_code == 200


def test_secrets_are_sealed_in_the_database(world):
    secret = register_app(enter("checker"))
    assert secret not in str(list(Authenticator.objects.values()))


def test_who_needs_it_cannot_take_it_away(world):
    client = enter("checker")
    register_app(client)
    assert "あなたの役割では必要" in client.get("/account/second/app/remove/").content.decode()
    client.post("/account/second/app/remove/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_who_does_not_need_it_can_but_not_with_a_short_password(world):
    client = enter("staff")
    register_app(client)
    world.staff.__class__.objects.filter(pk=world.staff.pk).update(long_password=False)
    client.post("/account/second/app/remove/")
    assert Authenticator.objects.exists()
    world.staff.__class__.objects.filter(pk=world.staff.pk).update(long_password=True)
    client.post("/account/second/app/remove/")
    assert not Authenticator.objects.exists()


@pytest.mark.asvs("7.5.1")
def test_what_matters_asks_for_the_password_again_after_a_while(world):
    client = enter("staff")
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 600
    session.save()
    answer = client.get("/account/second/app/")
    assert answer["Location"].startswith("/account/again/")
    again = answer["Location"]
    assert "パスワードが違います" in client.post(again, {"password": "x"}).content.decode()
    assert client.post(again, {"password": PASSWORD})["Location"] == "/account/second/app/"
    assert client.get("/account/second/app/").status_code == 200
    for _ in range(5):
        client.post(again, {"password": "x"})
    assert client.post(again, {"password": PASSWORD}).status_code == 429


@pytest.mark.asvs("6.4.3")
def test_a_slip_alone_does_not_pass_the_second_factor(world):
    secret = register_app(enter("checker"))
    _, code = slips.issue(world.checker, by=None, town=None)
    client = Client()
    client.post("/begin/", {"username": "checker", "code": code})
    new = "あさひのさす縁側でお茶"
    answer = client.post("/begin/password/", {"new": new + "を", "again": new + "を"})
    assert "二つめの確認" in answer.content.decode()
    assert not is_in(client)
    assert client.post("/signin/code/", {"code": code_now(secret, 1)}).status_code == 302
    assert is_in(client)


def test_a_slip_for_who_lost_everything_begins_anew(world):
    register_app(enter("checker"))
    _, code = slips.issue(world.checker, by=None, town=None, resets_second=True)
    client = Client()
    client.post("/begin/", {"username": "checker", "code": code})
    new = "あさひのさす縁側でお茶を"
    client.post("/begin/password/", {"new": new, "again": new})
    assert client.get("/")["Location"] == "/account/second/"
    assert not Authenticator.objects.exists()


def test_over_the_page_it_is_asked_for_too(world):
    secret = register_app(enter("checker"))
    client = Client(headers={"X-Requested-With": "fetch"})
    told = client.post("/signin/", {"username": "checker", "password": PASSWORD})
    assert told.json()["state"] == "code"
    wrong = client.post("/signin/code/", {"code": "000000"})
    assert (wrong.status_code, wrong.json()["state"]) == (422, "code")
    assert "番号が違います" in wrong.json()["words"]
    assert client.post("/signin/code/", {"code": code_now(secret)}).json()["state"] == "in"
    assert is_in(client)


def test_what_was_typed_goes_along_past_the_second_factor(world):
    client = enter("checker")
    secret = register_app(client)
    session = client.session
    session["seen"] -= 3600
    session.save()
    answer = client.post("/m/990019/portrait/", {"now": "ここまで書いた", "aim": ""})
    fields = {"username": "checker", "password": PASSWORD}
    for _ in range(2):
        fields["kept"] = re.search(r'name="kept" value="([^"]+)"', answer.content.decode())[1]
        path = "/signin/" if "username" in fields else "/signin/code/"
        answer = client.post(path, fields)
        fields = {"code": code_now(secret)}
    assert "さきほど保存できなかった内容" in answer.content.decode()
    assert "ここまで書いた" in answer.content.decode()


def test_passkeys_are_offered_under_https_only(world, settings):
    client = enter("staff")
    assert client.get("/account/second/passkey/").status_code == 404
    assert "/account/second/passkey/" not in client.get("/account/").content.decode()
    settings.MFA_SUPPORTED_TYPES = [*settings.MFA_SUPPORTED_TYPES, "webauthn"]
    assert client.get("/account/second/passkey/", secure=True).status_code == 200
    assert "/account/second/passkey/" in client.get("/account/", secure=True).content.decode()


def test_who_becomes_a_checker_while_signed_in_needs_a_second_factor(world):
    client = enter("staff")
    assert is_in(client)
    Membership.objects.filter(user=world.staff).update(role=Role.CHECKER)
    answer = client.get("/m/990019/people/")
    assert (answer.status_code, answer.get("Location")) == (302, "/account/second/")
    assert client.get("/account/")["Location"] == "/account/second/"
    register_app(client)
    assert client.get("/m/990019/people/").status_code == 200


def test_what_one_was_writing_when_one_became_a_checker_is_given_back(world):
    client = enter("staff")
    assert is_in(client)
    Membership.objects.filter(user=world.staff).update(role=Role.CHECKER)
    answer = client.post("/m/990019/portrait/", {"now": "ここまで書いた", "aim": ""})
    assert answer.status_code == 403
    assert "二つめの確認が必要になりました" in answer.content.decode()
    assert "ここまで書いた" in answer.content.decode()


def test_who_comes_to_see_a_second_town_is_asked_where_one_begins(world):
    client = enter("advisor")
    assert is_in(client)
    Membership.objects.create(
        user=world.advisor, role=Role.ADVISOR, municipality=world.other_town,
        valid_from="2020-04-01",
    )  # fmt: skip
    for path in ("/overview/", "/", "/m/990019/"):
        assert client.get(path)["Location"] == "/account/second/"


def test_who_has_one_is_not_asked_again_as_a_checker(world):
    client = enter("staff")
    register_app(client)
    assert is_in(client)
    Membership.objects.filter(user=world.staff).update(role=Role.CHECKER)
    assert client.get("/m/990019/people/").status_code == 200


def test_looking_again_costs_an_ordinary_page_nothing(world, settings):
    client = enter("staff")
    assert is_in(client)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert is_in(client)
        return len(queries)

    asked()
    needed = asked()
    settings.SECOND_FACTOR = False
    assert asked() == needed
