"""In a town with many of everything no page is longer than its screen needs, and none asks the
database more often than in a small one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.parts.large_town import LargeTown, Size, fill

from .conftest import Rows
from .scene import browse as browse
from .scene import full as full
from .scene import world as world
from .test_urls import LINES, PEOPLE

pytestmark = pytest.mark.django_db
MOST_BYTES = 300_000
MORE_QUESTIONS = 6
"""A page with a link to the next one asks for it, and a table of which something is found for what
its rows belong to; little else is worth a question."""
SMALL = Size(voices=12, interviews=3, words=3, bodies=4, stories=2, heap=True, first=20_001)
LARGE = Size(
    voices=1500, interviews=400, words=150, bodies=300, stories=150, heap=True, first=40_001
)
PAPER = {"memo-sheet", "speaker-sheet", "notice-slips", "person"}
"""Printed whole: what is on them must be on paper."""
WITHDRAWALS = {"withdraw-voice", "withdraw-speaker", "withdraw-interview", "withdrawal"}
"""Where all that becomes of a withdrawal is told on one page, however long it is."""


def in_large(ours: Rows, large: LargeTown) -> Rows:
    """The same things, but those that are many in the large town are its own."""
    return replace(
        ours,
        interview=large.interviews[0],
        voices=large.voices[:8],
        word=large.words[0],
        story=large.stories[0],
        line=large.stories[0].lines.first(),
        kept=large.bodies[0],
        other=large.bodies[0],
    )


def walked(client, letter: str, town, rows: Rows) -> Iterator[tuple[str, int, int]]:
    """Name of each page that this person may open, its bytes, and how often it asks."""
    for name, (letters, args) in LINES.items():
        if letter not in letters or name in PAPER:
            continue
        url = reverse(name, kwargs={"code": town.code} | args(rows))
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(url)
        if answer.status_code == 200 and not answer.streaming:
            yield name, len(answer.content), len(asked)


@pytest.mark.parametrize("letter", ["K", "C", "A"])
def test_no_page_grows_with_the_town(full, browse, letter):
    world, ours, _ = full
    client = browse(world.people[PEOPLE[letter]])
    small = in_large(ours, fill(world.town, SMALL, by=world.coordinator))
    before = {name: asked for name, _, asked in walked(client, letter, world.town, small)}
    large = in_large(ours, fill(world.town, LARGE, by=world.coordinator))
    with connection.cursor() as cursor:
        # As autovacuum does by itself in a town that grows day by day.
        cursor.execute("ANALYZE")
    found = list(walked(client, letter, world.town, large))
    assert {"board", "stories", "word"} <= {name for name, _, _ in found}
    long = {name: size for name, size, _ in found if size > MOST_BYTES}
    assert {name: size for name, size in long.items() if name not in WITHDRAWALS} == {}
    more = {name: (before.get(name, 0), asked) for name, _, asked in found}
    assert {n: both for n, both in more.items() if both[1] > both[0] + MORE_QUESTIONS} == {}
