"""Slow work: the row is the truth, whatever becomes of the messenger."""

from datetime import timedelta

import kombu.pools
import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from config.celery import app
from regions.models import Job, JobState
from regions.office import jobs
from regions.office.jobs import Refused, acting_for
from stakeholders.models import Stakeholder

from ..factories import make_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def carried(monkeypatch):
    """A kind of work of the tests' own, and how often it was carried out."""
    done: list[int] = []

    def work(job, report):
        report("本文を組んでいます")
        if job.payload.get("refuse"):
            raise Refused("同意が変わりました。")
        if job.payload.get("break"):
            raise RuntimeError("何かが壊れた")
        if job.payload.get("lose") and job.attempts == 1:
            raise OperationalError("the connection is lost")
        done.append(job.pk)
        return {"edition": 1}

    monkeypatch.setitem(jobs.KINDS, "test", work)
    return done


def make_job(world, **fields) -> Job:
    return Job.objects.create(
        kind="test", municipality=world.town, requested_by=world.staff, **fields
    )


def test_what_the_work_changes_is_told_under_the_name_of_who_asked(world, monkeypatch):
    def work(job, report):
        with acting_for(job):
            make_body(job.municipality, "組合")
        return {}

    monkeypatch.setitem(jobs.KINDS, "test", work)
    jobs.run(make_job(world).pk)
    body = Stakeholder.objects.get()
    assert body.history.get().pgh_context == {"user": world.staff.pk}


def after(job: Job) -> Job:
    job.refresh_from_db()
    return job


def test_done_refused_and_broken_work_each_say_so(world, carried):
    for payload, state, words in (
        ({}, JobState.DONE, ""),
        ({"refuse": True}, JobState.REFUSED, "同意が変わりました。"),
        ({"break": True}, JobState.FAILED, "思わぬところで止まりました"),
    ):
        job = make_job(world, payload=payload)
        jobs.run(job.pk)
        assert after(job).state == state
        assert words in job.reason
        assert job.ended


def test_two_messages_for_one_job_carry_it_out_once(world, carried):
    job = make_job(world)
    jobs.run(job.pk)
    jobs.run(job.pk)
    assert carried == [job.pk]


def test_a_message_for_work_in_progress_does_nothing(world, carried):
    job = make_job(world, state=JobState.RUNNING, started_at=timezone.now())
    with jobs._held(job.pk) as free:
        assert free
        jobs.run(job.pk)
        assert jobs.at_work() == {job.pk}
    assert carried == []


def test_what_a_dead_process_left_running_is_done_at_once_by_the_next_message(world, carried):
    job = make_job(world, state=JobState.RUNNING, started_at=timezone.now(), attempts=1)
    jobs.run(job.pk)
    assert carried == [job.pk]
    assert (after(job).state, job.attempts) == (JobState.DONE, 2)


def test_a_job_that_its_processes_died_over_too_often_is_given_up(world, carried):
    job = make_job(
        world, state=JobState.RUNNING, started_at=timezone.now(), attempts=jobs.MOST_ATTEMPTS
    )
    jobs.run(job.pk)
    assert carried == []
    assert after(job).state == JobState.FAILED


def test_work_that_lost_the_database_is_done_again(world, carried):
    job = make_job(world, payload={"lose": True})
    jobs.run(job.pk)
    assert (after(job).state, carried) == (JobState.RUNNING, [])
    jobs.sweep()
    jobs.run(job.pk)
    assert (after(job).state, carried) == (JobState.DONE, [job.pk])


def turn_to(broker_url: str) -> None:
    app.conf.broker_url = broker_url
    kombu.pools.reset()
    app._after_fork()


def test_with_the_broker_away_the_job_waits_and_the_sweeper_sends_it(
    world, carried, django_capture_on_commit_callbacks
):
    working = app.conf.broker_url
    turn_to("redis+socket:///nowhere/valkey.sock")
    try:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            job = jobs.enqueue(kind="test", town=world.town, by=world.staff, payload={})
        assert after(job).state == JobState.WAITING
    finally:
        turn_to(working)
    asked_at = timezone.now() - 2 * jobs.SENT_AGAIN_AFTER
    Job.objects.filter(pk=job.pk).update(sent_at=asked_at)
    jobs.sweep()
    assert after(job).sent_at > asked_at


def test_the_sweeper_leaves_what_was_just_sent_and_gives_up_in_the_end(world, carried):
    long_ago = timezone.now() - timedelta(hours=1)
    fresh = make_job(world, sent_at=timezone.now())
    lost = make_job(world, sent_at=long_ago)
    hopeless = make_job(
        world, state=JobState.RUNNING, started_at=long_ago, attempts=jobs.MOST_ATTEMPTS
    )
    sent = fresh.sent_at
    jobs.sweep()
    assert after(fresh).sent_at == sent
    assert after(lost).sent_at > long_ago
    assert after(hopeless).state == JobState.FAILED
    assert "終わりませんでした" in hopeless.reason


def test_a_job_says_why_it_does_not_move(world, heart):
    job = make_job(world, sent_at=timezone.now())
    assert jobs.progress(job) == jobs.Progress("順番を待っています", jobs.NOBODY_WORKS)
    heart()
    assert jobs.progress(job) == jobs.Progress("順番を待っています")
    job.state, job.attempts = JobState.RUNNING, 1
    assert jobs.progress(job) == jobs.Progress(jobs.STOPPED, jobs.TO_BEGIN_AGAIN)
    with jobs._held(job.pk):
        assert jobs.progress(job) == jobs.Progress("作成中です")
        job.attempts = 2
        assert "2回め" in jobs.progress(job).words


def test_an_attempt_that_was_overtaken_does_not_end_the_job(world, carried):
    job = make_job(world, state=JobState.RUNNING, attempts=1)
    Job.objects.filter(pk=job.pk).update(attempts=2)
    jobs._end(job, JobState.FAILED, reason="止まりました")
    assert after(job).state == JobState.RUNNING
