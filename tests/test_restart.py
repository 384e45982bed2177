"""The database goes down twice while eight people type: what was acknowledged is there, once."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode

import psycopg
import pytest

from config.local.demo import web_process
from config.local.engines import folders, pairs, postgres, processes, programs
from stories.exchange.demo_people import PASSWORD

WRITERS, ROWS = 8, 12
PATIENCE = 90


@dataclass
class Product:
    """The whole product on engines of its own, as `make demo` runs it, without its worker."""

    port: int
    environment: dict[str, str]
    restart: object
    cookies: str = ""
    token: str = ""
    acknowledged: set[str] = field(default_factory=set)
    given_up: threading.Event = field(default_factory=threading.Event)

    def ask(self, method: str, path: str, fields: dict | None = None) -> tuple[int, str, list[str]]:
        """Status, body and the cookies that were set."""
        body = urlencode(fields or {})
        headers = {"Cookie": self.cookies, "X-CSRFToken": self.token}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body if method == "POST" else None, headers)
            answer = connection.getresponse()
            words = answer.read().decode()
            set_now = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
            return answer.status, words, set_now
        finally:
            connection.close()

    def sign_in(self, login_id: str) -> None:
        _, page, cookies = self.ask("GET", "/signin/")
        self.cookies = "; ".join(cookies)
        self.token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        status, page, cookies = self.ask(
            "POST", "/signin/", {"username": login_id, "password": PASSWORD}
        )
        assert status == 302, page
        self.cookies = "; ".join(cookies)
        self.token = dict(each.split("=", 1) for each in cookies)["csrftoken"]

    def save(self, path: str, body: str) -> None:
        """One row, sent with one key until somebody says that it is saved."""
        row = {
            "entry_key": str(uuid.uuid4()),
            "text": "朝は湯気で山が見えないんです。",
            "prompt": "value",
            "form": "verbatim",
            "level": "B",
            "stakeholder": body,
        }
        while not self.given_up.is_set():
            try:
                status, words, _ = self.ask("POST", path, row)
            except (OSError, http.client.HTTPException):
                status, words = 0, ""
            if status == 302:
                self.acknowledged.add(row["entry_key"])
                return
            assert status in {0, 500, 503}, (status, words[:500])
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def product(monkeypatch) -> Iterator[Product]:
    for name in pairs.ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    base = folders.clone_folder()
    parts: list[processes.Part] = []
    with ExitStack() as held:
        folder = held.enter_context(folders.throw_away_folder(base))
        held.callback(processes.stop_parts, parts)
        addresses = pairs.start_engines(
            base, folder, parts, logs=folder, durable=True, migrated=True
        )
        environment = {
            **os.environ,
            **addresses,
            "SECRET_KEY": "of-one-test",
            "TSUMUGI_DEMO": "1",
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        owner = environment | {"DATABASE_URL": addresses["OWNER_DATABASE_URL"]}
        subprocess.run(
            [sys.executable, "manage.py", "load_demo"],
            check=True,
            cwd=folders.CLONE,
            env=owner,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = free_port()
        web = processes.start_part(
            "web",
            [sys.executable, *web_process(port)],
            folder=folder,
            cwd=folders.CLONE,
            log=folder / "web.log",
            environment=environment,
        )
        parts.append(web)

        def restart(how: signal.Signals) -> None:
            [database] = [part for part in parts if part.name == "PostgreSQL"]
            database.process.send_signal(how)
            database.process.wait(30)
            parts.remove(database)
            found = programs.postgres_programs(base)
            postgres.start_postgres(folder, found, parts, logs=folder, durable=True)

        running = Product(port, environment, restart)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                running.ask("GET", "/signin/")
                break
            except OSError:
                time.sleep(0.1)
        yield running


def test_a_database_that_restarts_under_eight_writers_loses_and_doubles_nothing(product):
    product.sign_in("tanto-99001")
    owner = {"conninfo": product.environment["OWNER_DATABASE_URL"], "autocommit": True}
    with psycopg.connect(**owner) as database:
        database.execute("SET app.every_town = 'on'")
        interview, body = database.execute(
            "SELECT interview_id, stakeholder_id FROM dialogues_attendance"
            " JOIN regions_municipality town ON town.id = municipality_id"
            " WHERE town.code = '990019' LIMIT 1"
        ).fetchone()
        before = database.execute("SELECT count(*) FROM dialogues_voice").fetchone()[0]
    path = f"/m/990019/interviews/{interview}/rows/"

    def write() -> None:
        for _ in range(ROWS):
            product.save(path, str(body))

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    giving_up = threading.Timer(PATIENCE, product.given_up.set)
    giving_up.start()
    try:
        # Politely in the first third, and without a word in the second.
        for share, how in ((1 / 3, signal.SIGINT), (2 / 3, signal.SIGQUIT)):
            while len(product.acknowledged) < WRITERS * ROWS * share:
                assert not product.given_up.wait(0.02)
            product.restart(how)
        for writer in writers:
            writer.join(PATIENCE)
    finally:
        giving_up.cancel()
        product.given_up.set()
    assert len(product.acknowledged) == WRITERS * ROWS
    with psycopg.connect(**owner) as database:
        database.execute("SET app.every_town = 'on'")
        rows = database.execute(
            "SELECT voice.entry_key::text, said.text FROM dialogues_voice voice"
            " JOIN dialogues_voicetext said ON said.voice_id = voice.id"
            " WHERE voice.entry_key::text = ANY(%s)",
            [list(product.acknowledged)],
        ).fetchall()
        after = database.execute("SELECT count(*) FROM dialogues_voice").fetchone()[0]
    assert {key for key, _ in rows} == product.acknowledged
    assert {text for _, text in rows} == {"朝は湯気で山が見えないんです。"}
    assert after - before == WRITERS * ROWS
