"""The whole product as `make demo` runs it, on engines of its own: real processes to be killed,
stopped and started again. `product` is one for one test, with the demo's towns and its web process;
worker and scheduler are started by whoever needs them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlencode

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from config.local.demo import programs
from config.local.engines import folders, pairs, postgres, processes, valkey
from config.local.engines import programs as engines

PASSWORD = "tsumugi-no-michi"
TOWN = "990019"
STAFF, CHECKER = "tanto-99001", "kakunin-99001"
PATIENCE = 90
"""Seconds after which a test gives up, on however busy a machine."""


@dataclass
class Product:
    base: Path
    folder: Path
    port: int
    environment: dict[str, str]
    parts: list[processes.Part] = field(default_factory=list)
    cookies: str = ""
    token: str = ""

    def ask(
        self,
        method: str,
        path: str,
        fields: dict | None = None,
        *,
        headers: dict[str, str] | None = None,
        patience: float = 30,
    ) -> tuple[int, str, list[str]]:
        """Status, body and the cookies that were set. OSError, HTTPException, TimeoutError."""
        told = {"Cookie": self.cookies, "X-CSRFToken": self.token} | (headers or {})
        if method == "POST":
            told["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            connection.request(
                method, path, urlencode(fields or {}) if method == "POST" else None, told
            )
            answer = connection.getresponse()
            words = answer.read().decode(errors="replace")
            set_now = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
            return answer.status, words, set_now
        finally:
            connection.close()

    def sign_in(self, login_id: str = STAFF) -> None:
        self.cookies = self.token = ""
        _, page, cookies = self.ask("GET", "/signin/")
        self.cookies = "; ".join(cookies)
        self.token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        status, page, cookies = self.ask(
            "POST", "/signin/", {"username": login_id, "password": PASSWORD}
        )
        assert status == 302, page
        self.cookies = "; ".join(cookies)
        self.token = dict(each.split("=", 1) for each in cookies)["csrftoken"]

    def query(self, statement: str, *values: object) -> list[tuple]:
        """As the owner of the tables, over all towns."""
        owner = self.environment["OWNER_DATABASE_URL"]
        with psycopg.connect(owner, autocommit=True) as database:
            database.execute("SELECT set_config('app.every_town', 'on', false)")
            return database.execute(statement, values).fetchall()

    @contextmanager
    def holding(self, statement: str, *values: object) -> Iterator[None]:
        """A transaction of the owner's that holds what the statement locks."""
        with psycopg.connect(self.environment["OWNER_DATABASE_URL"]) as database:
            database.execute("SELECT set_config('app.every_town', 'on', true)")
            database.execute(statement, values)
            yield
            # The server may have gone meanwhile.
            with suppress(psycopg.OperationalError):
                database.rollback()

    def as_administrator(self, *statements: LiteralString) -> None:
        """As the database's superuser, whom no process of the product is."""
        place = conninfo_to_dict(self.environment["OWNER_DATABASE_URL"])
        told = {"host": str(place["host"]), "dbname": str(place["dbname"])}
        with psycopg.connect(**told, user="postgres", autocommit=True) as database:
            for statement in statements:
                database.execute(statement)

    def health(self) -> tuple[int, dict[str, bool]]:
        """As who watches it asks: nobody's session goes along."""
        status, words, _ = self.ask("GET", "/healthz", headers={"Cookie": ""})
        return status, json.loads(words)

    def part(self, name: str) -> processes.Part:
        return next(part for part in self.parts if part.name == name)

    def start(self, name: str, **environment: str) -> processes.Part:
        """`web`, `worker` or `scheduler`, with the demo's own command."""
        program = next(each for each in programs(self.environment, self.port) if each.name == name)
        part = processes.start_part(
            name,
            [sys.executable, *program.words],
            folder=self.folder,
            cwd=folders.CLONE,
            log=self.folder / f"{name}.log",
            environment=self.environment | program.environment | environment,
        )
        self.parts.append(part)
        return part

    def start_postgres(self) -> None:
        found = engines.postgres_programs(self.base)
        postgres.start_postgres(self.folder, found, self.parts, logs=self.folder, durable=True)

    def start_valkey(self) -> None:
        program = engines.valkey_program(self.base)
        valkey.start_valkey(self.folder, program, self.parts, logs=self.folder)

    def end(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Ends a part; with SIGKILL all its children too, as a power cut would."""
        part = self.part(name)
        self.parts.remove(part)
        if how == signal.SIGKILL:
            os.killpg(part.process.pid, how)
        else:
            part.process.send_signal(how)
        part.process.wait(30)

    def restart(self, how: signal.Signals) -> None:
        """The database, ended by this signal."""
        self.end("PostgreSQL", how)
        self.start_postgres()

    def signal_all(self, name: str, how: signal.Signals) -> None:
        """To a part and all its children: SIGSTOP makes them hang, SIGCONT goes on."""
        part = psutil.Process(self.part(name).process.pid)
        for process in [part, *part.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(how)

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/signin/")[0] == 200
        return False


def until(found: Callable[[], Any], *, patience: float = PATIENCE) -> Any:
    """What `found` returns once that is something."""
    over = time.monotonic() + patience
    while not (result := found()):
        assert time.monotonic() < over, "waited in vain"
        time.sleep(0.05)
    return result


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def running_product(
    *, prepare: Callable[[Path], AbstractContextManager[Any]] | None = None
) -> Iterator[Product]:
    """`prepare` gets the empty folder of the engines before they are started in it, and is left
    after they ended."""
    base = folders.clone_folder()
    with ExitStack() as held:
        folder = held.enter_context(folders.throw_away_folder(base))
        inherited = {name: value for name, value in os.environ.items() if name not in OWN}
        product = Product(base, folder, free_port(), inherited)
        if prepare:
            held.enter_context(prepare(folder))
        held.callback(lambda: processes.stop_parts(product.parts))
        with pytest.MonkeyPatch.context() as patch:
            for name in pairs.ADDRESSES:
                patch.delenv(name, raising=False)
            addresses = pairs.start_engines(
                base, folder, product.parts, logs=folder, durable=True, migrated=True
            )
        product.environment |= {
            **addresses,
            "SECRET_KEY": "of-one-test",
            "TSUMUGI_DEMO": "1",
            "ALLOWED_HOSTS": "127.0.0.1",
            "AUDIO_FOLDER": str(folder / "audio"),
            "DIGEST_FOLDER": str(folder / "digests"),
        }
        subprocess.run(
            [sys.executable, "manage.py", "load_demo"],
            check=True,
            cwd=folders.CLONE,
            env=product.environment | {"DATABASE_URL": addresses["OWNER_DATABASE_URL"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        product.start("web")
        until(product.answers)
        yield product


OWN = {*pairs.ADDRESSES, "MIGRATED_DATABASE", "DATABASE_POOL", "SECURE_HTTPS"}


@pytest.fixture
def product() -> Iterator[Product]:
    with running_product() as running:
        yield running
