"""Log lines: one JSON object each, without anything that a person typed.

What a program says about its own failure may quote values (「invalid literal: '…'」, PostgreSQL's
DETAIL). So of an exception only its kind, its place and what names the database's rule are written.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

from .trace import TRACE

MOST_FRAMES = 40


class JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": said(record),
        }
        line |= {**TRACE.get(), **getattr(record, "seen", {})}
        if record.exc_info and record.exc_info[1] is not None:
            line["failure"] = list(failures(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=type_name)


def said(record: logging.LogRecord) -> str:
    """Our own words with their numbers; of others, where they report a failure or an address, the
    sentence without what was put into it."""
    if record.name.startswith("django.security"):
        return "refused"  # the logger's name says what; its words quote what was sent
    quotes = record.exc_info or record.name.startswith(("django.", "celery.app.trace"))
    return str(record.msg) if quotes else record.getMessage()


def failures(error: BaseException | None) -> Iterator[dict[str, object]]:
    """The exception and what it came from, the last one first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield {"kind": type_name(error), **rule(error), "frames": frames(error.__traceback__)}
        error = error.__cause__ or error.__context__


def rule(error: BaseException) -> dict[str, object]:
    """Of a database error: its code and the constraint's name. Its text quotes the row."""
    found = getattr(error, "diag", None)
    told = {"sqlstate": getattr(error, "sqlstate", None)}
    told["constraint"] = getattr(found, "constraint_name", None)
    return {name: value for name, value in told.items() if value}


def frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)
    ][-MOST_FRAMES:]


def type_name(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"
