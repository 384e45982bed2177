"""What PostgreSQL keeps beside the rows: nothing of a text that was erased."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from dialogues.consent.erasing import ERASABLES, erase
from dialogues.models import Erasure, Voice, VoiceText
from regions.people.locks.doors import clock
from regions.people.locks.policies import LOCKS, event_model, install

from ..factories import make_body, make_interview, make_voice

SAID = "湯治場の裏の畑を、あの人が一人で守ってきたこと"

pytestmark = pytest.mark.django_db(transaction=True)


def as_superuser(statement: str, *params: object) -> list[tuple]:
    """The views of statistics hide the rows of locked tables, also from their owner."""
    there = connection.settings_dict
    with psycopg.connect(
        host=there["HOST"], user="postgres", dbname=there["NAME"], autocommit=True
    ) as server:
        found = server.execute(statement, params or None)
        return found.fetchall() if found.description else []


def analyze() -> None:
    as_superuser("ANALYZE")


def kept() -> set[tuple[str, str]]:
    """(table, column) of which values are in the statistics, and the column is of text."""
    rows = as_superuser(
        "SELECT tablename, attname FROM pg_stats JOIN information_schema.columns ON"
        " table_schema = schemaname AND table_name = tablename AND column_name = attname"
        " WHERE schemaname = 'public' AND coalesce(most_common_vals::text,"
        " histogram_bounds::text, most_common_elems::text) IS NOT NULL"
        " AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea', 'ARRAY')"
    )
    return set(rows)


def choices() -> set[tuple[str, str]]:
    return {
        (model._meta.db_table, field.column)
        for model in LOCKS
        for field in model._meta.concrete_fields
        if field.choices or field.column == "pgh_label"
    }


def spoken(world, times: int = 40) -> list[Voice]:
    body, interview = make_body(world.town), make_interview(world.town)
    return [
        make_voice(
            body, f"{SAID}。{n % 7 if times > 1 else 70}", by=world.staff, interview=interview
        )
        for n in range(times)
    ]


def test_no_text_of_a_town_is_in_the_statistics(world):
    spoken(world)
    analyze()
    tables = {model._meta.db_table for model in LOCKS}
    assert {each for each in kept() if each[0] in tables} <= choices()
    assert not as_superuser("SELECT FROM pg_stats WHERE most_common_vals::text ~ %s", SAID)
    assert not as_superuser("SELECT FROM pg_stats WHERE histogram_bounds::text ~ %s", SAID)


def test_what_an_earlier_version_left_there_goes_when_it_is_installed(world):
    spoken(world)
    for table in ("dialogues_voicetext", "dialogues_voicetextevent"):
        as_superuser(f"ALTER TABLE {table} ALTER COLUMN text SET STATISTICS 100")
    analyze()
    assert ("dialogues_voicetext", "text") in kept()
    install()
    if connection.pg_version < 180000:
        pytest.skip("before version 18 a superuser takes them out")
    assert not {each for each in kept() - choices() if each[0].startswith("dialogues_voicetext")}


def test_each_table_that_something_is_erased_from_is_swept_at_once():
    wanted = {
        table._meta.db_table
        for each in ERASABLES
        for table in (each.model, event_model(each.model) or each.model)
    }
    told = as_superuser(
        "SELECT relname FROM pg_class WHERE reloptions @>"
        " '{autovacuum_vacuum_scale_factor=0,autovacuum_vacuum_threshold=0}'"
    )
    assert {name for (name,) in told} == wanted
    assert {VoiceText._meta.db_table, event_model(VoiceText)._meta.db_table} <= wanted


def in_file(table: str, words: str) -> bool:
    path = as_superuser("SELECT pg_relation_filepath(%s)", table)[0][0]
    as_superuser("CHECKPOINT")
    [(content,)] = as_superuser("SELECT pg_read_binary_file(%s)", path)
    return words.encode() in bytes(content)


def test_after_the_sweep_an_erased_text_is_in_no_file_of_its_table(world):
    """VACUUM is what autovacuum does; when it comes is PostgreSQL's affair."""
    [voice] = spoken(world, 1)
    spoken(world, 20)
    words = voice.said.text
    with clock():
        erase(Voice.everything.get(pk=voice.pk), why=Erasure.Why.ASKED, by=None)
    for table in ("dialogues_voicetext", "dialogues_voicetextevent"):
        assert in_file(table, words)
        as_superuser(f"VACUUM {table}")
        assert not in_file(table, words)
