"""Whether all is well: `/healthz` for what watches the product, and a page for its operator."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass

import psycopg
import redis
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from regions.office import schedule
from regions.office.connections import Connection
from regions.office.jobs import heart_beats

from .access import NotAllowed
from .requests import PersonRequest

logger = logging.getLogger(__name__)

LOOKS_AGAIN_AFTER = 5
"""Seconds for which an answer of the database counts: anybody may ask, however often."""
ANSWERS_WITHIN = 2
ROOM = 16 * 1024 * 1024
"""Bytes that the database must still be able to write: the next file of its journal."""
LINE = 8192
FILLS = """
    SELECT count(*) FROM (
        SELECT repeat('x', %s) AS line FROM generate_series(1, %s) ORDER BY random()
    ) written"""
"""Sorted on disk, in a file that is gone with the statement. No right to any table is needed."""


@dataclass(frozen=True)
class Saving:
    """What saving needs. Without either of them nothing new can be kept."""

    database: bool
    disk: bool


@dataclass(frozen=True)
class Paper:
    """What papers and other slow work wait for, while all else goes on."""

    broker: bool
    worker: bool


class Looked:
    """The last look at the database, in this process."""

    def __init__(self) -> None:
        self.at = float("-inf")
        self.found = Saving(database=False, disk=False)

    def saving(self) -> Saving:
        if time.monotonic() - self.at > LOOKS_AGAIN_AFTER:
            self.found = _ask_database()
            self.at = time.monotonic()
        return self.found


looked = Looked()


def _ask_database() -> Saving:
    """On a connection of its own: that all others are in use is no fault."""
    told = connection.get_connection_params() | {"connect_timeout": ANSWERS_WITHIN}
    try:
        with Connection.connect(**told, autocommit=True) as own, own.cursor() as cursor:
            own.patience = 2 * ANSWERS_WITHIN
            cursor.execute(f"SET statement_timeout = '{ANSWERS_WITHIN}s'")
            cursor.execute("SET work_mem = '64kB'")
            cursor.execute(FILLS, [LINE, ROOM // LINE])
    except psycopg.errors.DiskFull:
        logger.error("the disk of the database is full")
        return Saving(database=True, disk=False)
    except psycopg.errors.QueryCanceled:
        # Too slow to tell, which a busy disk may be.
        return Saving(database=True, disk=True)
    except psycopg.Error:
        return Saving(database=False, disk=False)
    return Saving(database=True, disk=True)


def _ask_broker() -> Paper:
    try:
        return Paper(broker=True, worker=heart_beats())
    except redis.RedisError:
        return Paper(broker=False, worker=False)


@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """503 only where nothing can be saved: then another server is no worse. What delays papers
    alone is told beside it, and stops nobody's typing."""
    saving, paper = looked.saving(), _ask_broker()
    answers = {"saving": all(asdict(saving).values()), "paper": all(asdict(paper).values())}
    answers |= asdict(saving) | asdict(paper)
    return JsonResponse(answers, status=200 if answers["saving"] else 503)


def inside(request: PersonRequest) -> HttpResponse:
    """For the operator: what runs, and when each scheduled task last ended well and last failed."""
    from regions.accounts.masters import masters

    if not masters.has_permission(request):
        raise NotAllowed(
            "このページを開けるのは、つむぎを動かす方だけです。"
            "二つめの確認を使ってサインインしてください。"
        )
    saving, paper = looked.saving(), _ask_broker()
    context = {"saving": saving, "paper": paper, "watched": schedule.watched()}
    return render(request, "regions/health.html", context)
