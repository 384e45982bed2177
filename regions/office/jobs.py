"""Slow work. The row in PostgreSQL is the truth; Celery and the broker only carry its number.

A room registers what it can carry out with `@carries_out("kind", name="…")` in a module named `jobs`.
Such a function gets the job and a `report(step)` that shows progress at once; it reads and writes
within `acting_for(job)`, returns what the page needs to link to the outcome, raises `Refused` with
words, and is safe to run twice.
"""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pghistory
import redis
from celery import shared_task
from celery.signals import setup_logging, worker_ready
from django.conf import settings
from django.db import OperationalError as DatabaseBusy
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from psycopg.errors import LockNotAvailable

from regions.models import Job, JobState, Municipality, User
from regions.people.access import NotAllowed, Standing
from regions.people.locks.doors import clock, inside

from . import trace
from .schedule import scheduled
from .trace import traced

logger = logging.getLogger(__name__)

Report = Callable[[str], None]
Work = Callable[[Job, Report], dict]
KINDS: dict[str, Work] = {}
NAMES: dict[str, str] = {}
"""What each is called where people read."""

MOST_ATTEMPTS = 3
GIVEN_UP = (
    "何度か試しましたが、終わりませんでした。時間をおいて、もう一度お試しください。"
    "くり返すときは、つむぎを動かしている方にお知らせください。"
)
SENT_AGAIN_AFTER = timedelta(seconds=20)
DEAD_AFTER = timedelta(seconds=10)
"""Time since the last message about a running job whose lock is free, before the next is sent."""
JOB_LOCKS = 1_953_461_615
"""First key of the advisory locks of jobs at work; the second is the job's number."""
LOCK_PATIENCE = "1s"
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
    with _held(job_id) as free:
        if free:
            _carry_out(job_id)


@contextmanager
def _held(job_id: int) -> Iterator[bool]:
    """Holds the job's advisory lock while the block runs; False when another process holds it.

    On a connection of its own, whose end frees the lock: a killed process needs no timeout. The
    lock belongs to a transaction, so it also holds behind a pooler in transaction mode. It is
    waited for briefly, since a redelivered message can overtake the end of its dead process.
    """
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'")
            try:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [JOB_LOCKS, job_id])
            except DatabaseBusy as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                yield False
                return
        yield True
    finally:
        own.close()


def at_work() -> set[int]:
    """Jobs whose lock a living process holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND classid = %s AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())",
            [JOB_LOCKS],
        )
        return {row[0] for row in cursor.fetchall()}


def _carry_out(job_id: int) -> None:
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
    except DatabaseBusy:
        # It stands as running with its lock free, like what a dead process left.
        logger.warning("job lost the database", exc_info=True, extra={"seen": {"kind": job.kind}})
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
    """Takes a job whose lock is held: two messages for one job do it once. One that its processes
    died over too often is given up."""
    with clock():
        jobs = Job.objects.select_related("requested_by", "municipality__prefecture")
        job = jobs.select_for_update(skip_locked=True, of=("self",)).filter(pk=job_id).first()
        if job is None or job.ended:
            return None
        if job.attempts >= MOST_ATTEMPTS:
            _end(job, JobState.FAILED, reason=GIVEN_UP)
            return None
        job.state = JobState.RUNNING
        job.started_at = timezone.now()
        job.step = ""
        job.attempts += 1
        job.save(update_fields=["state", "started_at", "step", "attempts", "updated_at"])
        return job


def _end(job: Job, state: JobState, *, reason: str = "", result: dict | None = None) -> None:
    """Unless a later attempt has taken the job over, or it ended meanwhile."""
    now = timezone.now()
    with clock():
        still = Job.objects.filter(pk=job.pk, attempts=job.attempts)
        still.exclude(state__in=[JobState.DONE, JobState.REFUSED, JobState.FAILED]).update(
            state=state, reason=reason, result=result or {}, ended_at=now, updated_at=now
        )


@scheduled("止まった作業のやり直し")
def sweep() -> None:
    """Sends again what was lost on the way, and what a worker died over."""
    now = timezone.now()
    lost = Q(state=JobState.WAITING) & (
        Q(sent_at__isnull=True) | Q(sent_at__lt=now - SENT_AGAIN_AFTER)
    )
    died = Q(state=JobState.RUNNING) & (Q(sent_at__isnull=True) | Q(sent_at__lt=now - DEAD_AFTER))
    with clock():
        found = list(Job.objects.filter(lost | died))
        found = [job for job in found if job.pk not in at_work()]
    for job in found:
        if job.attempts >= MOST_ATTEMPTS:
            _end(job, JobState.FAILED, reason=GIVEN_UP)
        else:
            send(job)
            with clock():
                Job.objects.filter(pk=job.pk).update(sent_at=now)


@dataclass(frozen=True)
class Progress:
    """What a page says about a job: its state, and why it does not move or began again."""

    state: str
    words: str = ""


def progress(job: Job) -> Progress:
    """Derived from the job's lock and the worker's mark, so it is true at this moment."""
    if job.ended or job.pk in at_work():
        again = job.attempts > 1 and not job.ended
        return Progress(job.get_state_display(), BEGUN_AGAIN.format(job.attempts) if again else "")
    began = job.state == JobState.RUNNING
    if not worker_is_there():
        return Progress(STOPPED if began else job.get_state_display(), NOBODY_WORKS)
    return Progress(STOPPED, TO_BEGIN_AGAIN) if began else Progress(job.get_state_display())


STOPPED = "途中で止まりました"
BEGUN_AGAIN = "途中で止まったため、はじめからやり直しています（{}回め）。"
TO_BEGIN_AGAIN = "まもなく、はじめからやり直します。"
NOBODY_WORKS = "作業を受け持つプログラムが止まっています。動きしだい、自動で始めます。頼んだことは残っています。"


def worker_is_there() -> bool:
    try:
        return heart_beats()
    except redis.RedisError:
        return False


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
