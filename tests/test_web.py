"""As many web processes as cores, which share the database's connections."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from config.local.demo import web_process
from config.turns import at_once
from config.web import FOR_OTHERS, LEAST, cores, shares

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    ("cores", "connections", "processes", "each"),
    [
        (1, 100, 1, 6),
        (2, 100, 2, 6),
        (16, 100, 16, 4),
        # Fewer processes rather than one without connections.
        (64, 100, 25, 3),
        (8, 30, 1, 5),
        (8, 20, 1, 3),
    ],
)
def test_all_processes_together_leave_connections_to_others(cores, connections, processes, each):
    assert shares(cores, connections) == (processes, each)
    if connections > FOR_OTHERS + LEAST:
        assert processes * each <= connections - FOR_OTHERS


def test_a_process_answers_no_more_at_once_than_it_has_connections_for(settings):
    settings.POOL = 6
    assert at_once() == 4
    settings.POOL = 1
    assert at_once() == 1


@contextmanager
def running(**environment: str) -> Iterator[tuple[int, subprocess.Popen]]:
    """The product's own web processes on the database of this test."""
    with socket.socket() as found:
        found.bind((HERE, 0))
        port = found.getsockname()[1]
    there = connection.settings_dict
    address = f"postgresql://{there['USER']}@/{there['NAME']}?host={quote(there['HOST'], safe='')}"
    mode = {"DATABASE_URL": address, "SECRET_KEY": "of-one-test", "ALLOWED_HOSTS": HERE}
    server = subprocess.Popen(
        [sys.executable, *web_process(port)],
        env=os.environ | mode | {"TSUMUGI_DEMO": "1", "DATABASE_POOL": ""} | environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        until_it_answers(port)
        yield port, server
    finally:
        server.terminate()
        server.wait(30)


def ask(port: int, path: str, timeout: float = 30) -> int:
    there = http.client.HTTPConnection(HERE, port, timeout=timeout)
    try:
        there.request("GET", path)
        return there.getresponse().status
    finally:
        there.close()


def until_it_answers(port: int) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        with suppress(OSError, http.client.HTTPException):
            ask(port, "/signin/")
            return
        time.sleep(0.05)
    raise AssertionError("the web server does not answer")


def children(server: subprocess.Popen) -> list[int]:
    """Those that answer; multiprocessing has one of its own beside them."""
    ids = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [
        pid for pid in map(int, ids) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.django_db(transaction=True)
def test_one_process_for_each_core_and_one_that_dies_is_replaced(world):
    with running(WEB_PROCESSES="") as (port, server):
        before = children(server)
        assert len(before) == cores()
        os.kill(before[0], signal.SIGKILL)
        until = time.monotonic() + 60
        while set(children(server)) & {before[0]} or len(children(server)) < len(before):
            assert time.monotonic() < until
            time.sleep(0.05)
        until_it_answers(port)
        # Killed outright, the one that started them leaves none behind to hold the port.
        left = children(server)
        server.kill()
        server.wait(30)
        until = time.monotonic() + 60
        while not all(map(gone, left)):
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_turn_holds_no_connection_and_health_answers_meanwhile(world):
    """Nine ask at once of a process with three connections, while the table that all of them need
    is held."""
    there = connection.settings_dict
    owner = psycopg.connect(host=there["HOST"], user=there["USER"], dbname=there["NAME"])
    taken: list[int] = []
    with running(WEB_PROCESSES="1", DATABASE_POOL="3") as (port, _), owner:
        owner.execute("SET ROLE tsumugi_owner")
        owner.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
        asked = [
            threading.Thread(target=lambda: taken.append(ask_with_session(port))) for _ in range(9)
        ]
        for each in asked:
            each.start()
        until = time.monotonic() + 30
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not owner.execute(waiting).fetchone()[0]:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert ask(port, "/healthz") in {200, 503}
        assert ask(port, "/signin/") == 200
        assert owner.execute(waiting).fetchone()[0] == 1
        assert taken == []
        owner.rollback()
        for each in asked:
            each.join(60)
    assert taken == [302] * 9


def ask_with_session(port: int) -> int:
    there = http.client.HTTPConnection(HERE, port, timeout=60)
    try:
        there.request("GET", "/abilities/", headers={"Cookie": "sessionid=" + "a" * 32})
        return there.getresponse().status
    finally:
        there.close()
