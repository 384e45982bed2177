import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


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
