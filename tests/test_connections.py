"""Nobody waits for ever for a database that is silent."""

import psycopg
import pytest
from django.db import connection

from regions.office import connections
from regions.office.connections import Connection

pytestmark = pytest.mark.django_db


def connect() -> Connection:
    return Connection.connect(**connection.get_connection_params(), autocommit=True)


def test_a_statement_that_gets_no_answer_is_given_up_with_its_connection():
    with connect() as own:
        own.patience = 0.2
        with own.cursor() as cursor, pytest.raises(psycopg.OperationalError, match="no answer"):
            cursor.execute("SELECT pg_sleep(600)")
        assert own.closed


def test_one_that_is_answered_in_time_is_not():
    with connect() as own, own.cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_what_answers_people_ends_long_statements_and_the_worker_does_not():
    answering, working = connections.options(6), connections.options(0)
    assert "statement_timeout=20s" in answering["options"]
    assert "statement_timeout" not in working["options"]
    assert "pool" not in working
    with connect() as own, own.cursor() as cursor:
        [limit] = cursor.execute("SHOW statement_timeout").fetchone()
        assert limit == "0"
    told = connection.get_connection_params() | {"options": answering["options"]}
    with Connection.connect(**told) as own, own.cursor() as cursor:
        [limit] = cursor.execute("SHOW statement_timeout").fetchone()
        assert limit == "20s"
