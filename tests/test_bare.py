"""Every address asked for without what its own pages send along, or with nonsense in its place: an
answer in words, and never a failure of the program."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from .scene import browse as browse
from .scene import full as full
from .scene import world as world
from .test_urls import FILES, LINES, OF_NO_TOWN, OPEN, PEOPLE
from .world import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("2.2.1", "16.5.1")]

NONSENSE = ("", "0", "-1", "x", "99999999999999999999", "２", "\0", "\ud800", "1,2", "[]", "{}")
OF_PAGES = {
    "session-end": {"pk": 1},
    "mfa_remove_webauthn": {"pk": 1},
}
FORM = "application/x-www-form-urlencoded"
ROOMS = ("regions", "stakeholders", "dialogues", "stories", "templates")


@cache
def names() -> tuple[str, ...]:
    """Of everything that a view, a form or a page of ours reads or sends."""
    told = re.compile(
        r"""(?:GET|POST)(?:\.get(?:list)?\(|\[)\s*f?["']([\w-]+)|\bname="([\w-]+)\""""
        r"""|^\s+([a-z_]+) = (?:forms\.)?\w*Field\("""
        r"""|fields = \(([^)]*)\)""",
        re.MULTILINE,
    )
    found = set()
    for room in ROOMS:
        for path in Path(settings.BASE_DIR / room).rglob("*.*"):
            if path.suffix in {".py", ".html"} and "migrations" not in path.parts:
                for each in told.findall(path.read_text(encoding="utf-8")):
                    found |= set(re.findall(r"[\w-]+", " ".join(each)))
    return tuple(sorted(found - {"password", "csrfmiddlewaretoken"}))


def test_the_names_are_found():
    assert {"next", "q", "page", "version", "text", "level", "submit_key", "kept"} <= set(names())


def nonsense(turn: int) -> dict[str, str]:
    """Every known name with some nonsense; each name gets each of it in some turn."""
    return {
        name: NONSENSE[(place + turn) % len(NONSENSE)].encode("utf-8", "ignore").decode()
        for place, name in enumerate(names())
    }


def address(name: str, rows, code: str) -> str:
    if name in LINES:
        return reverse(name, kwargs={"code": code} | LINES[name][1](rows))
    return reverse(name, kwargs=OF_PAGES.get(name, {}))


ALL = sorted(({*LINES, *OPEN, *OF_NO_TOWN} - FILES) - {"signout"})
"""Signing out, which ends the session of those who walk on, comes by itself."""


def who_comes_in(name: str) -> str:
    return PEOPLE[LINES[name][0][0]] if name in LINES else "staff"


@pytest.mark.parametrize("name", ALL)
def test_bare_and_with_nonsense(full, browse, settings, name):
    world, rows, _ = full
    settings.SECOND_FACTOR = False
    url = address(name, rows, world.town.code)
    turn = ALL.index(name)
    anybody, inside = Client(), browse(world.people[who_comes_in(name)])
    outside = browse(world.advisor)
    for client, method, sent in (
        (anybody, "get", {}),
        (anybody, "post", nonsense(turn)),
        (outside, "get", nonsense(turn)),
        (inside, "get", nonsense(turn + 1)),
        (inside, "post", {}),
        (inside, "post", nonsense(turn + 2)),
    ):
        client.raise_request_exception = False
        form = {"content_type": FORM} if method == "post" else {}
        answer = getattr(client, method)(url, urlencode(sent) if form else sent, **form)
        away = name == "health" and answer.status_code == 503
        assert answer.status_code < 500 or away, (client is inside, method, sent)


@pytest.mark.parametrize("method", ["get", "post"])
def test_signing_out_bare(world, method):
    client = Client(raise_request_exception=False)
    client.force_login(world.staff)
    assert getattr(client, method)("/signout/").status_code in {302, 405}


def test_asked_for_the_password_again_without_saying_why(world, browse):
    """As from a bookmark: afterwards one is on one's own account."""
    client = browse(world.staff)
    assert client.get("/account/again/").status_code == 200
    answer = client.post("/account/again/", {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/account/")


def test_no_address_is_left_out():
    walked = {*ALL, "signout"}
    for pattern in get_resolver().url_patterns:
        if not hasattr(pattern, "url_patterns"):
            assert pattern.name in walked | FILES
