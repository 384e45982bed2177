import pytest
from django.test import Client

from ..world import PASSWORD

pytestmark = pytest.mark.django_db


def test_pages_take_nothing_from_elsewhere_and_stay_in_no_cache(world, browse):
    answer = browse(world.staff).get("/m/990019/")
    policy = answer["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_sign_in_page_has_the_policy_too(db):
    assert "default-src 'none'" in Client().get("/signin/")["Content-Security-Policy"]


def test_a_foreign_address_after_sign_in_is_not_followed(world):
    answer = Client().post(
        "/signin/",
        {"username": "staff", "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


def test_an_address_for_buttons_only_says_so(world, browse):
    body = browse(world.staff).get("/signout/")
    assert body.status_code == 405
    assert "ボタンを押したときにだけ" in body.content.decode()


def test_a_form_from_before_signing_in_again_is_refused_in_words(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.staff)
    answer = client.post("/m/990019/portrait/", {"now": "書いた文", "aim": ""})
    assert answer.status_code == 403
    assert "サインインし直した" in answer.content.decode()
