"""Work that the clock starts. Each task leaves a record of when it last ended well, and of when and
with what error it last failed.

`CELERY_BEAT_SCHEDULE` (config/settings.py) says when each is due; every task there is `@scheduled`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from celery import shared_task
from celery.schedules import maybe_schedule
from django.conf import settings
from django.db import Error
from django.utils import timezone

from regions.models import Municipality, ScheduledRun
from regions.people.locks.doors import clock

from .logs import type_name

logger = logging.getLogger(__name__)

Outcome = ScheduledRun.Outcome
NAMES: dict[str, str] = {}
"""{task: what it is called where people read}"""
GRACE = dt.timedelta(minutes=10)
"""How late a task may begin before it counts as left out."""


class SomeFailed(Exception):
    """The work went on past these errors, each of which is in the log."""

    def __init__(self, errors: list[Exception]) -> None:
        super().__init__(f"{len(errors)} failed")
        self.errors = errors


def scheduled(name: str) -> Callable[[Callable[[], None]], Any]:
    """Decorator. Makes a Celery task of it, with a record of its runs under this Japanese name."""

    def decorate(work: Callable[[], None]) -> Any:
        task = f"{work.__module__}.{work.__name__}"
        NAMES[task] = name

        @wraps(work)
        def run() -> None:
            with recorded(task):
                work()

        return shared_task(name=task)(run)

    return decorate


@contextmanager
def recorded(task: str) -> Iterator[None]:
    began = timezone.now()
    _record(task, Outcome.BEGUN, began)
    try:
        yield
    except Exception as error:
        failure = kinds(error)
        seen = {"task": task, "failed": failure}
        logger.error("scheduled work failed", exc_info=error, extra={"seen": seen})
        _record(task, Outcome.FAILED, began, failure)
        raise
    _record(task, Outcome.GOOD, began)


def kinds(error: Exception) -> str:
    """Class names: an error's text may quote what people said."""
    errors = error.errors if isinstance(error, SomeFailed) else [error]
    return ", ".join(sorted({type_name(each) for each in errors}))[:200]


def _record(task: str, outcome: Outcome, began: dt.datetime, failure: str = "") -> None:
    ended = None if outcome == Outcome.BEGUN else timezone.now()
    run = ScheduledRun(
        task=task, outcome=outcome, started_at=began, ended_at=ended, failure=failure
    )
    try:
        with clock():
            ScheduledRun.objects.bulk_create(
                [run],
                update_conflicts=True,
                unique_fields=["task", "outcome"],
                update_fields=["started_at", "ended_at", "failure"],
            )
    except Error as error:
        logger.error("no record of scheduled work", exc_info=error, extra={"seen": {"task": task}})


def each_town(work: Callable[[Municipality], object]) -> None:
    """Does the work for every town. What fails for one town is no other town's matter.

    Raises SomeFailed at the end.
    """
    errors: list[Exception] = []
    for town in Municipality.objects.all():
        try:
            work(town)
        except Exception as error:
            logger.exception("scheduled work failed for town %s", town.code)
            errors.append(error)
    if errors:
        raise SomeFailed(errors)


@dataclass(frozen=True)
class Watched:
    """One scheduled task as the operator sees it."""

    name: str
    words: str
    is_well: bool
    good: ScheduledRun | None
    failed: ScheduledRun | None


WELL = "予定どおりに動いています"
NEVER = "まだ一度も動いていません"
LEFT_OUT = "予定の時刻に動いていません"
CUT_OFF = "途中で止まったままです"
FAILED = "前回は失敗しました"


def watched() -> list[Watched]:
    """Every scheduled task, those that need a look first."""
    runs = {(run.task, run.outcome): run for run in ScheduledRun.objects.all()}
    found = [_watched(entry, runs) for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    return sorted(found, key=lambda each: (each.is_well, each.name))


def _watched(entry: dict[str, Any], runs: dict[tuple[str, str], ScheduledRun]) -> Watched:
    task = entry["task"]
    begun, good, failed = (runs.get((task, outcome)) for outcome in Outcome)
    words = _words(entry["schedule"], begun, good, failed)
    return Watched(NAMES.get(task, task), words, words == WELL, good, failed)


def _words(
    when: object,
    begun: ScheduledRun | None,
    good: ScheduledRun | None,
    failed: ScheduledRun | None,
) -> str:
    if begun is None:
        return NEVER
    if maybe_schedule(when).remaining_estimate(begun.started_at) < -GRACE:
        return LEFT_OUT
    ended = max((run.started_at for run in (good, failed) if run), default=None)
    longest = dt.timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    if ended is None or ended < begun.started_at:
        return CUT_OFF if begun.started_at + longest + GRACE < timezone.now() else WELL
    if failed and failed.started_at == ended:
        return FAILED
    return WELL
