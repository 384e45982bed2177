"""What every answer tells the browser, and which addresses are believed."""

import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from ..world import PASSWORD

pytestmark = pytest.mark.django_db


def check(answer):
    policy = answer["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.asvs("3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "3.5.8", "14.3.2")
@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/m/990019/", 200),
        ("/m/990019/stories/", 200),
        ("/overview/", 403),
        ("/m/990019/stories/9/", 404),
        ("/signout/", 405),
    ],
)
def test_pages_take_nothing_from_elsewhere_and_stay_in_no_cache(world, browse, url, status):
    answer = browse(world.staff).get(url)
    assert answer.status_code == status
    check(answer)


@pytest.mark.asvs("14.3.2")
def test_a_downloaded_paper_stays_in_no_cache(full, browse):
    world, ours, _ = full
    answer = browse(world.checker).get(f"/m/990019/briefs/{ours.council_brief.pk}/editions/1/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    check(answer)


def test_those_who_have_not_signed_in_are_told_the_same(db):
    check(Client().get("/signin/"))
    check(Client().get("/m/990019/"))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        " //evil.example",
        "http://localhost@evil.example/",
    ],
)
@pytest.mark.asvs("3.7.2")
def test_a_foreign_address_after_sign_in_is_not_followed(world, address):
    answer = Client().post("/signin/", {"username": "staff", "password": PASSWORD, "next": address})
    assert answer["Location"] == "/"


def test_an_address_for_buttons_only_says_so(world, browse):
    body = browse(world.staff).get("/signout/")
    assert body.status_code == 405
    assert "ボタンを押したときにだけ" in body.content.decode()


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "localhost:80:80"]
)
@pytest.mark.asvs("4.1.3")
def test_another_hosts_name_is_refused(world, browse, host):
    answer = browse(world.staff).get("/m/990019/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()
    assert "Content-Security-Policy" in answer


def test_no_address_is_built_from_the_hosts_name(settings):
    asked = re.compile(r"build_absolute_uri|get_host\(|get_current_site|HTTP_HOST|X_FORWARDED_HOST")
    rooms = ("config", "regions", "stakeholders", "dialogues", "stories", "templates")
    # The slip is printed for whoever reads the page at that address already.
    printed = settings.BASE_DIR / "regions/accounts/people_views.py"
    found = [
        path
        for room in rooms
        for path in (settings.BASE_DIR / room).rglob("*.*")
        if path.suffix in {".py", ".html"} and asked.search(path.read_text(encoding="utf-8"))
    ]
    assert found == [printed]


def setting(name: str, **environment: str) -> str:
    """As a process of its own reads it from that environment."""
    script = f"from config import settings; print(settings.{name})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"SECRET_KEY": "x"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.asvs("3.4.1", "12.2.1")
def test_https_is_asked_for_where_it_is_promised():
    assert setting("SECURE_SSL_REDIRECT", SECURE_HTTPS="1") == "True"
    assert int(setting("SECURE_HSTS_SECONDS", SECURE_HTTPS="1")) >= 31_536_000
    assert setting("SECURE_SSL_REDIRECT", SECURE_HTTPS="") == "False"
    assert setting("SECURE_HSTS_SECONDS", SECURE_HTTPS="") == "0"


def test_plain_http_is_led_to_https_but_for_the_health_check(world, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    client = Client()
    assert client.get("/signin/")["Location"] == "https://testserver/signin/"
    assert client.get("/healthz").status_code in {200, 503}
    forged = client.get("/signin/", headers={"X-Forwarded-Proto": "https"})
    assert forged.status_code == 301
    over_https = client.get("/signin/", secure=True)
    assert over_https["Strict-Transport-Security"].startswith("max-age=60")
