"""Virtual users: each has a session and one connection to the web server, and asks for one thing
after another, with thought between. One process and no library, because it runs on the cores that
it measures."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

TOKEN = "c" * 32
PATIENCE = 60


@dataclass(frozen=True)
class Ask:
    """One request. `keep` is noted once the server has answered that it is saved."""

    path: str
    form: dict[str, str] | None = None
    keep: tuple[str, str] | None = None


Choose = Callable[[random.Random], Ask]


def save(path: str, body: int, text: str) -> Ask:
    """A voice typed in the capture page."""
    key = str(uuid.uuid4())
    row = {
        "text": text,
        "prompt": "value",
        "form": "verbatim",
        "stakeholder": str(body),
        "call_name": "話し手1",
        "level": "B",
        "entry_key": key,
    }
    return Ask(path, row, (key, text))


@dataclass
class Told:
    """What came of it: seconds of each answer, what went wrong, and {key: text} said to be saved."""

    taken: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    saved: dict[str, str] = field(default_factory=dict)
    lasted: float = 0.0

    @property
    def p95_ms(self) -> float:
        return round(statistics.quantiles(self.taken, n=20)[-1] * 1000, 1)

    @property
    def per_second(self) -> float:
        return round(len(self.taken) / self.lasted, 1)


class Connection:
    """Kept from one request to the next, as a browser does; opened anew where the server closed
    it meanwhile."""

    def __init__(self, port: int, session: str) -> None:
        self.port, self.session = port, session
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, asked: Ask) -> tuple[int, bytes]:
        if self.streams is None or self.streams[0].at_eof():
            self.close()
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(self._request(asked))
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(line for line in lines if line.startswith("content-length:"))
        return int(lines[0].split()[1]), await reader.readexactly(int(length.split(":")[1]))

    def _request(self, asked: Ask) -> bytes:
        body = urlencode(asked.form).encode() if asked.form else b""
        head = [
            f"{'POST' if asked.form else 'GET'} {asked.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Cookie: sessionid={self.session}; csrftoken={TOKEN}",
            "Accept-Encoding: gzip",
        ]
        if asked.form:
            head += [
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
                f"X-CSRFToken: {TOKEN}",
                "HX-Request: true",
            ]
        return "\r\n".join([*head, "\r\n"]).encode() + body

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
            self.streams = None


async def _user(
    connection: Connection, choose: Choose, dice: random.Random, thought: float, until: float,
    told: Told,
) -> None:  # fmt: skip
    try:
        await asyncio.sleep(dice.uniform(0, thought))
        while time.monotonic() < until:
            asked = choose(dice)
            begun = time.monotonic()
            try:
                status, _ = await asyncio.wait_for(connection.ask(asked), PATIENCE)
            except (OSError, EOFError, TimeoutError) as error:
                told.wrong.append(f"{asked.path}: {error!r}")
                connection.close()
            else:
                told.taken.append(time.monotonic() - begun)
                if status != 200:
                    told.wrong.append(f"{asked.path}: {status}")
                elif asked.keep:
                    told.saved |= [asked.keep]
            await asyncio.sleep(dice.uniform(0.5, 1.5) * thought)
    finally:
        connection.close()


def crowd(
    port: int, sessions: Sequence[str], choose: Choose, *, seconds: float, thought: float = 0
) -> Told:
    """All these users at once for so long; with `thought` seconds between an answer and the next
    request, in the mean."""

    async def all_of_them() -> Told:
        told, begun = Told(), time.monotonic()
        until = begun + seconds
        await asyncio.gather(
            *(
                _user(Connection(port, key), choose, random.Random(n), thought, until, told)
                for n, key in enumerate(sessions)
            )
        )
        told.lasted = time.monotonic() - begun
        return told

    return asyncio.run(all_of_them())
