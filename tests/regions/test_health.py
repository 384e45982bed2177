"""What stops saving is 503; what only delays papers is told beside it."""

import pytest
from django.db import connection
from django.test import Client

from regions.people import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def never_looked(monkeypatch):
    monkeypatch.setattr(health, "looked", health.Looked())


def asked() -> tuple[int, dict]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()


WELL = {
    "saving": True,
    "paper": True,
    "database": True,
    "disk": True,
    "broker": True,
    "worker": True,
}


def test_all_well(heart):
    heart()
    assert asked() == (200, WELL)


def test_a_worker_that_no_longer_beats_delays_paper_and_stops_nothing(heart):
    assert asked() == (200, WELL | {"paper": False, "worker": False})


def test_a_broker_that_is_away_delays_paper_and_stops_nothing(settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    assert asked() == (200, WELL | {"paper": False, "broker": False, "worker": False})


def test_a_database_that_is_away_stops_saving(heart):
    heart()
    there = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        found = asked()
    finally:
        connection.settings_dict["HOST"] = there
    assert found == (503, WELL | {"saving": False, "database": False, "disk": False})


def test_the_database_is_asked_no_more_often_than_now_and_then(heart):
    assert asked()[0] == 200
    there = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        assert asked()[0] == 200
    finally:
        connection.settings_dict["HOST"] = there
