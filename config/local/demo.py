"""Starts the whole product for `make demo`, and stops all of it when asked or when a part dies.

`python -m config.local.demo` runs it, `python -m config.local.demo fresh` forgets its data.
"""

import errno
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from config.local.engines.folders import CLONE, account_passage, clone_folder, locked
from config.local.engines.pairs import start_engines
from config.local.engines.processes import (
    EngineError,
    Part,
    end_left_over,
    start_part,
    stop_parts,
)

ADDRESS = "127.0.0.1"
VAR = CLONE / "var"
LOGS = VAR / "log"
HEALTH_SECONDS = 60
LOADED = "loaded-"


class Stopped(Exception):
    """Ctrl-C or SIGTERM came while the demo was starting."""


class Demo:
    """One run. `engines` outlive `parts`, which need them until their last moment."""

    def __init__(self, port: int, stop: threading.Event) -> None:
        self.port = port
        self.stop = stop
        self.engines: list[Part] = []
        self.parts: list[Part] = []
        self.base = clone_folder()
        self.folder = account_passage(self.base / "demo")
        self.environment: dict[str, str] = {}

    def run(self) -> None:
        end_left_over(self.folder)
        check_port(self.port)
        try:
            say("データベースを起動しています…")
            addresses = start_engines(self.base, self.folder, self.engines, logs=LOGS, durable=True)
            self.environment = {
                **os.environ,
                **addresses,
                "SECRET_KEY": secret_key(),
                "ALLOWED_HOSTS": "localhost,127.0.0.1",
                "SECURE_HTTPS": "",
                "TSUMUGI_DEMO": "1",
                "PYTHONUNBUFFERED": "1",
            }
            self.manage("migrate", "--no-input", "--verbosity=0")
            accounts = self.load_towns()
            self.start_parts()
            self.await_health()
            say(f"\n{accounts}\n\nつむぎが動いています: http://{ADDRESS}:{self.port}/")
            say("止めるには Ctrl-C を押してください。記録は var/log にあります。")
            while not self.stop.wait(0.5):
                self.check_parts()
        except Stopped:
            pass
        finally:
            stop_parts(self.parts)
            stop_parts(self.engines)
        say("止めました。")

    def load_towns(self) -> str:
        """Loads the demo once per database and version of its data; returns the accounts' list.

        The list is kept beside the database it describes, and says by its name that it is loaded.
        A database of the caller's has no such place: the commands repeat harmlessly.
        """
        loaded = self.folder / f"{LOADED}{demo_version()}"
        own_database = not os.environ.get("DATABASE_URL")
        if own_database and loaded.exists():
            return loaded.read_text()
        say("デモの町を読み込んでいます…")
        self.manage("load_municipalities")
        self.manage("load_demo")
        accounts = self.manage("load_demo", "--print-accounts").strip("\n")
        if own_database:
            for earlier in self.folder.glob(f"{LOADED}*"):
                earlier.unlink()
            loaded.write_text(accounts)
        return accounts

    def manage(self, *words: str) -> str:
        """Runs manage.py to its end, as the owner of the tables, and returns what it printed.

        Raises EngineError, Stopped.
        """
        owner = self.environment.get("OWNER_DATABASE_URL", self.environment["DATABASE_URL"])
        part = self.start(words[0], "manage.py", *words, DATABASE_URL=owner)
        self.parts.append(part)
        while part.process.poll() is None:
            if self.stop.wait(0.05):
                raise Stopped
            check_alive(self.engines)
        self.parts.remove(part)
        if part.process.returncode:
            raise EngineError(f"{words[0]} に失敗しました（記録: {shown(part.log)}）。")
        return part.log.read_text()

    def start_parts(self) -> None:
        for program in programs(self.environment, self.port):
            self.parts.append(self.start(program.name, *program.words, **program.environment))

    def start(self, name: str, *words: str, **other: str) -> Part:
        return start_part(
            name,
            [sys.executable, *words],
            folder=self.folder,
            cwd=CLONE,
            log=LOGS / f"{name}.log",
            environment=self.environment | other,
            # Should we be killed outright, the engines go too, and an orderly end would wait for
            # them in vain.
            orphan_signal=signal.SIGKILL,
        )

    def await_health(self) -> None:
        deadline = time.monotonic() + HEALTH_SECONDS
        while not healthy(self.port):
            self.check_parts()
            if self.stop.wait(0.1):
                raise Stopped
            if time.monotonic() > deadline:
                raise EngineError(
                    f"{HEALTH_SECONDS} 秒待っても画面が応えません（記録: var/log/web.log）。"
                )

    def check_parts(self) -> None:
        check_alive(self.parts + self.engines)


@dataclass(frozen=True)
class Program:
    """One of the product's processes: Python's arguments, and what its environment adds."""

    name: str
    words: tuple[str, ...]
    environment: dict[str, str]


def programs(environment: dict[str, str], port: int) -> list[Program]:
    """`environment` has the addresses of the engines (config/local/engines/pairs.py)."""
    celery = ("-m", "celery", "-A", "config")
    pool = ("--pool=prefork", "--concurrency=1", "--without-mingle", "--without-gossip")
    answering = environment["DATABASE_URL"]
    working = environment.get("WORKER_DATABASE_URL", answering)
    return [
        Program(
            "web",
            web_process(port),
            {"DATABASE_URL": answering, "DATABASE_POOL": ""},
        ),
        Program(
            "worker",
            (*celery, "worker", *pool, "--loglevel=INFO"),
            {"DATABASE_URL": working, "DATABASE_POOL": "0"},
        ),
        Program(
            "scheduler",
            (*celery, "beat", "--loglevel=INFO"),
            {"DATABASE_URL": "", "DATABASE_POOL": "0"},
        ),
    ]


def web_process(port: int) -> tuple[str, ...]:
    """What answers people, as Python is told to start it."""
    return ("-m", "config.web", "--host", ADDRESS, "--port", str(port))


def check_alive(parts: list[Part]) -> None:
    for part in parts:
        code = part.process.poll()
        if code is not None:
            raise EngineError(
                f"{part.name} が止まったので、デモを終わります"
                f"（終了コード {code}、記録: {shown(part.log)}）。"
            )


def check_port(port: int) -> None:
    with socket.socket() as candidate:
        # As the server does: connections that are only fading out are no obstacle.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((ADDRESS, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "ほかのプログラムが使っています" if taken else error.strerror
            raise EngineError(
                f"ポート {port} は使えません（{reason}）: "
                "PORT=8123 make demo のように別の番号を指定してください。"
            ) from error


def chosen_port(words: str) -> int:
    if words.isascii() and words.isdigit() and 0 < int(words) < 65536:
        return int(words)
    raise EngineError(f"PORT には 1 から 65535 の数を指定してください（いまは {words!r}）。")


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = json.loads(connection.getresponse().read())
        return bool(answer["saving"] and answer["paper"])
    except (OSError, ValueError, LookupError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def secret_key() -> str:
    """Kept from one start to the next, so that people stay signed in."""
    kept = VAR / "secret-key"
    if not kept.exists():
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return kept.read_text()


def demo_version() -> str:
    """Changes with the demo's data and with the commands that load it."""
    digest = hashlib.sha256()
    for pattern in ("*/data/*", "*/management/commands/load_*.py"):
        for path in sorted(CLONE.glob(pattern)):
            if path.is_file() and not path.is_relative_to(VAR):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def shown(path: Path) -> Path:
    return path.relative_to(CLONE)


def say(words: str) -> None:
    print(words, flush=True)


def forget() -> None:
    base = clone_folder()
    folder = base / "demo"
    if not folder.exists():
        say("消すデータはありません。")
        return
    end_left_over(folder)
    shutil.rmtree(folder)
    say(f"デモのデータを消しました（{folder}）。")


def main(arguments: list[str]) -> int:
    stop = threading.Event()
    for received in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(received, lambda *_: stop.set())
    fresh = arguments == ["fresh"]
    try:
        VAR.mkdir(mode=0o700, exist_ok=True)
        with locked(VAR, wait=False):
            if fresh:
                forget()
            else:
                Demo(chosen_port(os.environ.get("PORT") or "8000"), stop).run()
    except BlockingIOError:
        print(
            "このクローンのデモが動いているので、止めてから make fresh を実行してください。"
            if fresh
            else "このクローンのデモは、すでに動いています。",
            file=sys.stderr,
        )
        return 1
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
