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
