"""Hashing in line: sign-ins wait for each other and never for long, and pages for none of them."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    check_password,
    identify_hasher,
    make_password,
)
from django.test import Client

from regions.accounts import hashing
from regions.models import Attempt
from regions.people.errors import Busy

from ..world import PASSWORD

OURS = ["regions.accounts.hashing.LinedUpHasher"]


@pytest.fixture
def full_line(monkeypatch, settings):
    """A line in which one is being hashed and nobody else has a place."""
    settings.PASSWORD_HASHERS = OURS
    line = hashing.Line(longest=1)
    monkeypatch.setattr(hashing, "line", line)
    go_on = threading.Event()
    began = threading.Event()

    def hold() -> None:
        began.set()
        go_on.wait(30)

    with ThreadPoolExecutor(1) as apart:
        first = apart.submit(line.wait, hold)
        assert began.wait(30)
        yield
        go_on.set()
        first.result(30)


def test_no_more_are_hashed_at_once_than_it_says():
    line = hashing.Line(at_once=2, longest=20)
    now, most, changed = [0], [0], threading.Lock()
    both = threading.Barrier(2)

    def work() -> None:
        with changed:
            now[0] += 1
            most[0] = max(most[0], now[0])
        both.wait(30)
        with changed:
            now[0] -= 1

    with ThreadPoolExecutor(20) as crowd:
        for each in [crowd.submit(line.wait, work) for _ in range(20)]:
            each.result(30)
    assert most == [2]


def test_who_finds_no_place_is_told_so_at_once_and_who_waited_too_long_later():
    line = hashing.Line(longest=2)
    go_on, began = threading.Event(), threading.Event()

    def hold() -> None:
        began.set()
        go_on.wait(30)

    with ThreadPoolExecutor(1) as apart:
        first = apart.submit(line.wait, hold)
        assert began.wait(30)
        # The second place; nobody's turn comes.
        with pytest.raises(Busy):
            line.wait(lambda: 1, patience=0.01)
        go_on.set()
        first.result(30)
    # All places are free again.
    assert [line.wait(lambda: 1), line.wait(lambda: 2)] == [1, 2]


def test_a_work_that_fails_gives_back_its_place():
    line = hashing.Line(longest=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            line.wait(lambda: 1 / 0)
    assert line.wait(lambda: 1) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process has one niceness")
def test_what_is_hashed_gives_way_to_pages():
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert hashing.Line().wait(niceness) == hashing.NICENESS + niceness()


def test_what_was_hashed_before_stays_right(settings):
    djangos = Argon2PasswordHasher()
    before = djangos.encode("kaze-no-toori-michi", djangos.salt())
    settings.PASSWORD_HASHERS = OURS
    assert check_password("kaze-no-toori-michi", before)
    assert not check_password("kaze-no-toori", before)
    assert not identify_hasher(before).must_update(before)


def test_the_product_hashes_in_line():
    from config.settings import PASSWORD_HASHERS

    assert PASSWORD_HASHERS[0] == OURS[0]


@pytest.mark.django_db
def test_who_signs_in_while_many_do_is_told_so_and_it_was_no_try(world, full_line):
    client = Client()
    for _ in range(7):
        answer = client.post("/signin/", {"username": "nobody-here", "password": "x"})
        assert answer.status_code == 503
        assert "混み合っています" in answer.content.decode()
        assert 'value="nobody-here"' in answer.content.decode()
    assert not Attempt.objects.exists()


@pytest.mark.django_db
def test_so_is_who_begins_with_a_slip(world, full_line):
    typed = {"username": "nobody-here", "code": "ABCD EFGH"}
    answer = Client().post("/begin/", typed)
    assert answer.status_code == 503
    assert "混み合っています" in answer.content.decode()
    assert not Attempt.objects.exists()


@pytest.mark.django_db
def test_so_is_who_is_asked_for_the_password_again(world, browse, full_line):
    client = browse(world.staff)
    answer = client.post("/account/again/", {"password": PASSWORD})
    assert answer.status_code == 503
    new = "あさひのさす縁側でお茶をのむとき"
    answer = client.post("/account/password/", {"old": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 503
    assert "混み合っています" in answer.content.decode()


@pytest.mark.django_db
def test_an_administrator_who_makes_a_slip_meanwhile_is_told_so(world, browse, full_line):
    membership = world.staff.memberships.get()
    answer = browse(world.checker).post(f"/m/990019/people/{membership.pk}/slip/")
    assert answer.status_code == 503
    assert "混み合っています" in answer.content.decode()
    assert answer["Retry-After"]


def test_the_makers_of_hashes_are_the_only_ones(settings):
    """Whoever calls Argon2 itself stands in no line."""
    settings.PASSWORD_HASHERS = OURS
    assert make_password("x").startswith("argon2")
    for room in ("regions", "stakeholders", "dialogues", "stories"):
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "import argon2" not in text
            assert path.name == "hashing.py" or "Argon2PasswordHasher" not in text
