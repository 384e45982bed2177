"""Signing in: who gets in, what is said, and that nothing else of the library is open."""

import os
import subprocess
import sys

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from regions.models import User

from ..world import PASSWORD

pytestmark = pytest.mark.django_db


def enter(client: Client, login_id: str, password: str = PASSWORD, **more):
    return client.post("/signin/", {"username": login_id, "password": password, **more})


def test_one_signs_in_with_id_and_password(world):
    client = Client()
    answer = enter(client, "staff", next="/m/990019/voices/")
    assert (answer.status_code, answer["Location"]) == (302, "/m/990019/voices/")
    assert client.get("/m/990019/").status_code == 200


def test_full_width_typing_is_the_same_id_and_password(world):
    assert (
        enter(Client(), "ｓｔａｆｆ ", "ｋａｗａ－ｎｏ－ｎａｇａｒｅ－ｔｏ－ｉｔｏ").status_code
        == 302
    )


@pytest.mark.parametrize(
    ("login_id", "password"), [("staff", "machigai-9"), ("nobody-here", PASSWORD)]
)
@pytest.mark.asvs("6.3.8")
def test_a_wrong_id_and_a_wrong_password_are_told_alike(world, login_id, password):
    body = enter(Client(), login_id, password).content.decode()
    assert "IDかパスワードが違います" in body
    assert f'value="{login_id}"' in body
    assert password not in body


@pytest.mark.asvs("7.4.2")
def test_who_is_shut_out_does_not_get_in(world):
    User.objects.filter(pk=world.staff.pk).update(is_active=False)
    assert "IDかパスワードが違います" in enter(Client(), "staff").content.decode()


@pytest.mark.asvs("7.4.1")
def test_one_signs_out(world, browse):
    client = browse(world.staff)
    assert client.get("/signout/").status_code == 405
    assert client.post("/signout/")["Location"] == "/signin/"
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "path",
    ["/signup/", "/accounts/signup/", "/account/signup/", "/account/email/", "/password/reset/",
     "/accounts/password/reset/", "/account/inactive/", "/signin/code/confirm/", "/admin/"],
)  # fmt: skip
@pytest.mark.asvs("6.3.4")
def test_nothing_else_of_signing_in_is_open(world, browse, path):
    assert browse(world.checker).get(path).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_reset_password", "account_set_password",
     "account_change_password", "usersessions_list", "socialaccount_connections"],
)  # fmt: skip
def test_no_page_of_the_library_that_is_not_ours_has_an_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.asvs("6.4.6")
def test_no_field_anywhere_takes_the_password_of_someone_else(world, browse):
    client = browse(world.checker)
    membership = world.staff.memberships.get()
    for path in ("people/", "people/new/", f"people/{membership.pk}/slip/", "people/rule/"):
        page = client.get(f"/m/990019/{path}").content.decode()
        # Behind it waits the page's own sign-in, for when the session has ended.
        assert 'type="password"' not in page.split('<template id="session-again">')[0]


@pytest.mark.asvs("3.3.1", "3.3.3")
def test_cookies_are_bound_to_the_host_under_https():
    script = "from config import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.MFA_SUPPORTED_TYPES)"
    said = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"SECURE_HTTPS": "1", "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split()[:3] == ["__Host-sessionid", "__Host-csrftoken", "True"]
    assert "webauthn" in said.stdout


@pytest.mark.asvs("3.3.2", "3.3.4")
def test_scripts_see_no_cookie_of_signing_in(world):
    client = Client()
    enter(client, "staff")
    client.get("/")
    for name in ("sessionid", "csrftoken", "person"):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax"), name


def test_the_demo_says_what_it_leaves_out(db, settings):
    settings.DEMO = True
    assert "「二つめの確認」は、ここでは省いています" in Client().get("/signin/").content.decode()
