"""Whatever is typed into an address is answered: with a page, or with 「見つかりません」."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils.http import content_disposition_header

from regions.office.paper import file_name
from stories.models import Brief
from stories.paper.actions import name_of

from .test_urls import LINES, PEOPLE

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("1.2.4", "1.3.3", "2.2.1")]

VALUES = [
    "-1",
    "0",
    "1" + "0" * 30,
    "9223372036854775808",
    "1.5",
    "一",
    "²",
    "\0",
    "'; DROP TABLE regions_user; --",
    "municipality__prefecture__bureau",
    "-created_at",
    "%",
    "%s{0}${x}",
    "\u202e𠮷",
    "a" * 3000,
]
NAMES = [
    *("q", "page", "all", "sort", "order", "sector", "prompt", "level", "word", "moved"),
    *("after_talk", "show", "prefecture", "close", "restore", "next", "kind", "who", "year"),
]


NARROWED = {"voices", "board", "board-acts", "sharing", "line-citations"}
"""Lists that an address narrows; of other pages a few values show that they mind none."""
BOTH_SIDES = {"voices", "board", "stories", "stakeholders"}
"""Read by those outside the town too, from a list of another kind."""


@pytest.mark.parametrize("name", LINES)
def test_what_is_typed_into_an_address_finds_a_page_or_nothing(full, browse, name):
    world, ours, _ = full
    letters, args = LINES[name]
    given = args(ours)
    url = reverse(name, kwargs={"code": world.town.code} | given)
    clients = [browse(world.people[PEOPLE[letter]]) for letter in (letters[0], letters[-1])]
    for client in clients if name in BOTH_SIDES else clients[:1]:
        for value in VALUES if name in NARROWED else VALUES[::7]:
            answer = client.get(url, dict.fromkeys(NAMES, value))
            assert answer.status_code in {200, 302, 404, 405, 429}, value
            if answer.status_code == 405:
                break
    for part in [part for part, value in given.items() if isinstance(value, int)]:
        for number in (0, 10**30, 2**63):
            strange = reverse(name, kwargs={"code": world.town.code} | given | {part: number})
            assert clients[0].get(strange).status_code in {404, 405, 429}, number
            assert clients[0].post(strange).status_code in {404, 429}, number


@pytest.mark.parametrize("value", VALUES)
def test_hostile_filters_of_the_towns_list(world, browse, value):
    client = browse(world.nation)
    assert client.get("/overview/", dict.fromkeys(NAMES, value)).status_code == 200


@pytest.mark.parametrize("code", ["0", "x", "１", "990019 ", "99001９", "-1", "9" * 400, "%2e%2e"])
def test_towns_that_can_not_be_are_not_found(world, browse, code):
    assert browse(world.staff).get(f"/m/{code}/").status_code == 404


HOSTILE_NAMES = [
    "../../etc/passwd",
    "..\\..\\web.config",
    'a"; filename="evil.exe',
    "資料\r\nSet-Cookie: a=b",
    "\u202egnp.exe",
    "あ" * 20,
    "CON",
    "nul.",
    "\0\x07\x7f",
    "𠮷野",
    "～〜|<>*?:",
]


@pytest.mark.asvs("5.4.1", "5.4.2", "5.3.2")
@pytest.mark.parametrize("hostile", HOSTILE_NAMES)
def test_the_names_of_files_are_ours(world, hostile):
    world.town.name = hostile
    brief = Brief(
        municipality=world.town,
        audience="council",
        title=hostile,
        doc_number=hostile,
        date=dt.date(2026, 12, 15),
    )
    for name in (
        name_of(brief, 2),
        file_name("R8", hostile, date=dt.date(2026, 12, 15), version=1),
    ):
        assert re.fullmatch(r"R8_[^\\/:*?\"<>|\x00-\x20\x7f\u200b-\u206f]+_v\d\.pdf", name)
        assert len(name) < 120
        name.encode("cp932")
        header = content_disposition_header(True, name)
        assert "\n" not in header
        assert "\r" not in header
