"""While the disk of the database is full, saving is refused and reading goes on: what a page only
notes about its reader is left out then, and the log says so."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from psycopg.errors import DiskFull

logger = logging.getLogger(__name__)

_without_notes: ContextVar[bool] = ContextVar("without_notes", default=False)


def is_disk_full(error: BaseException) -> bool:
    """Of an error as Django raises it for the database."""
    return isinstance(error.__cause__, DiskFull)


@contextmanager
def without_notes() -> Iterator[None]:
    token = _without_notes.set(True)
    try:
        yield
    finally:
        _without_notes.reset(token)


def leaves_out(note: str) -> bool:
    """Whether this note is left out; its kind, and the number of the request, are in the log."""
    if _without_notes.get():
        logger.error("the disk of the database is full: not noted", extra={"seen": {"note": note}})
    return _without_notes.get()
