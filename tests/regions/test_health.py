import pytest
from django.test import Client

from regions.office import jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def heart():
    """The worker's mark at the broker, taken away again."""
    jobs.broker().delete(jobs.HEARTBEAT_KEY)
    yield lambda: jobs.broker().set(jobs.HEARTBEAT_KEY, 1, ex=20)
    jobs.broker().delete(jobs.HEARTBEAT_KEY)


def test_all_well(heart):
    heart()
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "broker": True, "worker": True}


def test_a_worker_that_no_longer_beats_is_named(heart):
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"database": True, "broker": True, "worker": False}


def test_a_broker_that_is_away_is_named(settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"database": True, "broker": False, "worker": False}
