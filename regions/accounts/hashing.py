"""Passwords are hashed one at a time in each process, in a thread that gives way to the others.

One hash takes a third of a second of a core and 100 MB, on purpose. Sixteen at once, which anybody
can ask for by sending random IDs, left no core for pages: one took 1.9 s instead of .02 s. Whoever
signs in waits in line instead, and is told so when the line is too long.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from regions.people.errors import Busy

Made = TypeVar("Made")

AT_ONCE = 1
LINE = 40
"""How many may wait in a process, the one being hashed among them: a dozen seconds of hashing."""
PATIENCE = 15
"""Seconds that one waits."""
NICENESS = 10


def _give_way() -> None:
    """On Linux a thread has a niceness of its own, and those that it starts inherit it."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class Line:
    def __init__(self, *, at_once: int = AT_ONCE, longest: int = LINE) -> None:
        self.places = threading.BoundedSemaphore(longest)
        self.pool = ThreadPoolExecutor(at_once, "hashing", initializer=_give_way)

    def wait(self, work: Callable[[], Made], *, patience: float = PATIENCE) -> Made:
        """What the work gives, in its turn. Raises Busy."""
        if not self.places.acquire(blocking=False):
            raise Busy
        try:
            asked = self.pool.submit(work)
        except BaseException:
            self.places.release()
            raise
        # The place is free when the work is over or was given up before it began.
        asked.add_done_callback(lambda _: self.places.release())
        return _result(asked, patience)


def _result(asked: Future[Made], patience: float) -> Made:
    try:
        return asked.result(patience)
    except TookTooLong:
        asked.cancel()
        raise Busy from None


line = Line()


def in_line(work: Callable[[], Made]) -> Made:
    """Nobody who waits keeps a connection from the pages."""
    if not connection.in_atomic_block:
        connection.close()
    return line.wait(work)


class LinedUpHasher(Argon2PasswordHasher):
    """Django's own, in its turn; what it wrote before stays right."""

    def encode(self, password: str, salt: str) -> str:
        return in_line(lambda: super(LinedUpHasher, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return in_line(lambda: super(LinedUpHasher, self).verify(password, encoded))
