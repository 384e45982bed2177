"""Slow work. The row in PostgreSQL is the truth; Celery and the broker only carry its number.

A room registers what it can carry out with `@carries_out("kind", name="…")` in a module named `jobs`.
Such a function gets the job and a `report(step)` that shows progress at once; it reads and writes
within `acting_for(job)`, returns what the page needs to link to the outcome, raises `Refused` with
words, and is safe to run twice.
"""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pghistory
import redis
from celery import shared_task
from celery.signals import setup_logging, worker_ready
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from regions.models import Job, JobState, Municipality, User
from regions.people.access import NotAllowed, Standing
from regions.people.locks.doors import clock, inside

from . import trace
from .trace import traced

logger = logging.getLogger(__name__)

Report = Callable[[str], None]
Work = Callable[[Job, Report], dict]
KINDS: dict[str, Work] = {}
NAMES: dict[str, str] = {}
"""What each is called where people read."""

MOST_ATTEMPTS = 3
SENT_AGAIN_AFTER = timedelta(seconds=60)
GIVEN_UP_AFTER = timedelta(minutes=10)
HEARTBEAT_KEY = "tsumugi:worker"
HEARTBEAT_SECONDS = 5


class Refused(Exception):
    """The work can't be done as things stand; the message is for the person who asked."""


def carries_out(kind: str, *, name: str) -> Callable[[Work], Work]:
    def register(work: Work) -> Work:
        KINDS[kind], NAMES[kind] = work, name
        return work

    return register


def enqueue(*, kind: str, town: Municipality, by: User, payload: dict) -> Job:
    job = Job.objects.create(
        kind=kind, municipality=town, requested_by=by, payload=payload, sent_at=timezone.now()
    )
    transaction.on_commit(lambda: send(job))
    return job


def send(job: Job) -> None:
    """Tells the workers. With the broker away the job just waits for the sweeper, who counts from
    `sent_at`; those who ask for work may not change a job any more."""
    try:
        run.delay(job.pk, trace.number())
    except (OperationalError, redis.RedisError):
        logger.warning("job %s waits: the broker does not answer", job.pk)


@shared_task
def run(job_id: int, request: str = "") -> None:
    """`request` is the number of the request that asked for the work, for the log."""
    with traced(job=job_id, request=request):
        _run(job_id)


def _run(job_id: int) -> None:
    job = _claim(job_id)
    if job is None:
        return

    def report(step: str) -> None:
        with clock():
            Job.objects.filter(pk=job.pk).update(step=step)

    try:
        # What the work changes is told in the histories under the name of who asked for it.
        with pghistory.context(user=job.requested_by_id):
            result = KINDS[job.kind](job, report)
    except (Refused, NotAllowed) as refusal:
        _end(job, JobState.REFUSED, reason=str(refusal))
    except Exception:
        logger.exception("job failed", extra={"seen": {"kind": job.kind}})
        _end(job, JobState.FAILED, reason="思わぬところで止まりました。もう一度お試しください。")
    else:
        _end(job, JobState.DONE, result=result)


def acting_for(job: Job) -> AbstractContextManager[None]:
    """What the one who asked may see in the town now. Refused when that is nothing any more."""
    standing = Standing(job.requested_by, job.municipality)
    if not standing.memberships:
        raise Refused("頼んだ方は、いまはこの町の担当ではありません。")
    return inside(standing)


def _claim(job_id: int) -> Job | None:
    """Takes a job that nobody is at work on: two messages for one job do it once."""
    with clock():
        jobs = Job.objects.select_related("requested_by", "municipality__prefecture")
        job = jobs.select_for_update(skip_locked=True, of=("self",)).filter(pk=job_id).first()
        if job is None or job.ended or _being_done(job):
            return None
        job.state = JobState.RUNNING
        job.started_at = timezone.now()
        job.attempts += 1
        job.save(update_fields=["state", "started_at", "attempts", "updated_at"])
        return job


def _being_done(job: Job) -> bool:
    return (
        job.state == JobState.RUNNING
        and job.started_at is not None
        and job.started_at > timezone.now() - GIVEN_UP_AFTER
    )


def _end(job: Job, state: JobState, *, reason: str = "", result: dict | None = None) -> None:
    job.state, job.reason, job.result = state, reason, result or {}
    job.ended_at = timezone.now()
    with clock():
        job.save(update_fields=["state", "reason", "result", "ended_at", "updated_at"])


@shared_task
def sweep() -> None:
    """Sends again what was lost on the way, and what a worker died over."""
    now = timezone.now()
    lost = Q(state=JobState.WAITING) & (
        Q(sent_at__isnull=True) | Q(sent_at__lt=now - SENT_AGAIN_AFTER)
    )
    died = Q(state=JobState.RUNNING, started_at__lt=now - GIVEN_UP_AFTER)
    with clock():
        found = list(Job.objects.filter(lost | died))
    for job in found:
        if job.attempts >= MOST_ATTEMPTS:
            _end(job, JobState.FAILED, reason="何度か試しましたが、終わりませんでした。")
        else:
            send(job)
            with clock():
                Job.objects.filter(pk=job.pk).update(sent_at=now)


def broker() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)


def heart_beats() -> bool:
    """Whether a worker said lately that it is there. RedisError when the broker is away."""
    return bool(broker().exists(HEARTBEAT_KEY))


@setup_logging.connect
def log_as_everywhere(**_: object) -> None:
    """Celery asks this before it would set up logging in its own way."""
    logging.config.dictConfig(settings.LOGGING)


@worker_ready.connect
def begin_heartbeat(sender, **_: object) -> None:
    def beat() -> None:
        try:
            broker().set(HEARTBEAT_KEY, 1, ex=HEARTBEAT_SECONDS * 4)
        except redis.RedisError:
            logger.warning("no heartbeat: the broker does not answer")

    beat()
    sender.timer.call_repeatedly(HEARTBEAT_SECONDS, beat)
