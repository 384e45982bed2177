"""Work that the clock starts: each run leaves a record, and the operator sees what did not run."""

import datetime as dt
import json
import logging

import pytest
from django.conf import settings as product
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from config.celery import app
from regions.models import Municipality, ScheduledRun
from regions.office import schedule
from regions.office.logs import JsonLine
from regions.office.schedule import each_town, scheduled

from .test_masters import come_in
from .test_masters import operator as operator

pytestmark = pytest.mark.django_db

SECRET = "湯は減らせないんです"


@pytest.fixture
def task(monkeypatch):
    """A scheduled task of the tests' own, which does what `task.work` says."""

    class Task:
        work = staticmethod(lambda: None)

    monkeypatch.setattr(schedule, "NAMES", dict(schedule.NAMES))

    @scheduled("試しの作業")
    def run() -> None:
        Task.work()

    Task.run = staticmethod(run)
    Task.name = f"{__name__}.run"
    monkeypatch.setattr(
        product, "CELERY_BEAT_SCHEDULE", {"trial": {"task": Task.name, "schedule": 60.0}}
    )
    yield Task
    app.tasks.pop(Task.name, None)


def fail(*told: object) -> None:
    raise ValueError(SECRET)


def records(task) -> dict[str, ScheduledRun]:
    return {run.outcome: run for run in ScheduledRun.objects.filter(task=task.name)}


def look(task) -> schedule.Watched:
    [found] = schedule.watched()
    return found


@pytest.mark.parametrize("entry", product.CELERY_BEAT_SCHEDULE)
def test_every_scheduled_task_leaves_a_record(entry):
    name = product.CELERY_BEAT_SCHEDULE[entry]["task"]
    assert name in app.tasks, f"{name} is no task"
    assert name in schedule.NAMES, f"{name} is not @scheduled (regions/office/schedule.py)"


def test_a_run_that_ended_well_stands_with_its_times(task):
    task.run()
    found = records(task)
    assert set(found) == {"begun", "good"}
    assert found["begun"].started_at == found["good"].started_at <= found["good"].ended_at
    assert look(task).words == schedule.WELL


def test_a_run_that_failed_is_told_in_the_log_and_stays_when_the_next_is_well(task, caplog):
    task.work = fail
    with pytest.raises(ValueError, match=SECRET):
        task.run()
    [line] = [each for each in caplog.records if each.message == "scheduled work failed"]
    assert line.levelno == logging.ERROR
    told = json.loads(JsonLine().format(line))
    assert (told["task"], told["failed"]) == (task.name, "builtins.ValueError")
    assert SECRET not in json.dumps(told, ensure_ascii=False)
    assert look(task).words == schedule.FAILED
    task.work = lambda: None
    task.run()
    found = records(task)
    assert (found["failed"].failure, found["failed"].ended_at is None) == (
        "builtins.ValueError",
        False,
    )
    assert look(task).words == schedule.WELL


def test_what_fails_for_one_town_is_told_and_the_others_are_done(world, task):
    done = []

    def work(town: Municipality) -> None:
        if town == world.town:
            raise OperationalError(SECRET)
        done.append(town)

    task.work = lambda: each_town(work)
    with pytest.raises(schedule.SomeFailed):
        task.run()
    assert world.other_town in done
    assert records(task)["failed"].failure == "django.db.utils.OperationalError"


def test_a_task_that_did_not_begin_or_end_in_time_is_told(task):
    assert look(task).words == schedule.NEVER
    task.run()
    ScheduledRun.objects.update(started_at=timezone.now() - dt.timedelta(minutes=12))
    assert look(task).words == schedule.LEFT_OUT
    product.CELERY_BEAT_SCHEDULE["trial"]["schedule"] = 24 * 3600.0
    assert look(task).words == schedule.WELL
    ScheduledRun.objects.filter(outcome="begun").update(
        started_at=timezone.now() - dt.timedelta(hours=2)
    )
    ScheduledRun.objects.exclude(outcome="begun").delete()
    assert look(task).words == schedule.CUT_OFF


def test_a_nightly_task_is_due_until_the_next_night():
    for entry in product.CELERY_BEAT_SCHEDULE.values():
        run = ScheduledRun(started_at=timezone.now(), ended_at=timezone.now())
        assert schedule._words(entry["schedule"], run, run, None) == schedule.WELL
        run.started_at -= dt.timedelta(hours=25)
        assert schedule._words(entry["schedule"], run, run, None) == schedule.LEFT_OUT


@pytest.mark.asvs("8.2.1")
def test_the_operator_alone_sees_how_scheduled_work_went(world, operator, task, heart):
    heart()
    task.work = fail
    with pytest.raises(ValueError, match=SECRET):
        task.run()
    page = come_in(operator).get("/healthz/inside/").content.decode()
    for words in ("試しの作業", "前回は失敗しました", "builtins.ValueError", "空きがあります"):
        assert words in page
    assert SECRET not in page
    assert Client().get("/healthz/inside/").status_code == 302
    strangers = [come_in(user) for user in (world.checker, world.staff, world.nation)]
    for client in (come_in(operator, second=False), *strangers):
        answer = client.get("/healthz/inside/")
        assert answer.status_code == 403
        assert "試しの作業" not in answer.content.decode()


def test_without_the_database_the_failure_is_in_the_log(task, caplog):
    task.work = fail
    there = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        with pytest.raises(ValueError, match=SECRET):
            task.run()
    finally:
        connection.settings_dict["HOST"] = there
    assert [each.message for each in caplog.records].count("scheduled work failed") == 1
