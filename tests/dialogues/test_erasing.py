"""消去: the words are in no table any more, the digests still hold, and no backup brings them back."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from dialogues.consent.erasing import erase
from dialogues.consent.gone import withdraw
from dialogues.consent.jobs import copy_ledger
from dialogues.consent.ledger import FILE, copy_to_file, read_file
from dialogues.consent.sharing import refuse
from dialogues.models import Erasure, Gone, Interview, Level, Voice
from regions.models import Draft
from regions.people.history.digests import take, verify
from regions.people.history.sheets import path_of
from regions.people.locks import doors
from tests.doors import as_the_login
from tests.factories import make_body, make_interview, make_theme, make_voice, share

pytestmark = pytest.mark.django_db

MARKER = "薬缶山の裏の井戸"
WORDS = f"{MARKER}は昔からの約束です"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "digests"


@pytest.fixture
def voice(world):
    interview = make_interview(world.town, by=world.staff)
    voice = make_voice(make_body(world.town), WORDS, by=world.staff, interview=interview)
    refuse(voice, by=world.checker, reason=f"{MARKER}でだれかわかる")
    share(voice, by=world.checker)
    make_theme(world.town, voices=[voice], by=world.staff)
    voice.placement.reason = WORDS
    voice.placement.save()
    voice.said.text = WORDS + "。"
    voice.said.save()
    Interview.objects.filter(pk=interview.pk).update(observation=f"{MARKER}と言った")
    Draft.objects.create(
        municipality=world.town,
        user=world.coordinator,
        path=f"/m/{world.town.code}/interviews/{interview.pk}/capture/",
        key=voice.entry_key,
        fields={"text": WORDS},
    )
    return voice


def tables_with(words: str) -> list[str]:
    """Every table of the database in a row of which the words stand, in any column."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE %s',  # noqa: S608
                [f"%{words}%"],
            )
            if cursor.fetchone() != (0,):
                found.append(table)
    return sorted(found)


def erased(voice, folder, **how):
    with doors.clock():
        found = Voice.everything.select_related("municipality").get(pk=voice.pk)
        return erase(found, why=Erasure.Why.ASKED, by=None, folder=folder, **how)


def test_an_erased_voice_is_in_no_table(world, voice, folder):
    assert len(tables_with(MARKER)) > 6
    erased(voice, folder)
    assert tables_with(MARKER) == []
    stone = Voice.everything.get(pk=voice.pk)
    assert (stone.gone_as, stone.number) == (Gone.ERASED, voice.number)
    assert [record.level for record in stone.consents.all()] == [Level.A]
    assert erased(voice, folder) is None


def test_the_digests_hold_after_an_erasure_with_the_sheets_and_without(world, voice, folder):
    today = timezone.localdate()
    take(world.town, today, folder)
    assert verify(world.town, folder) == []
    withdraw([voice], by=world.staff)
    erased(voice, folder)
    found = [f.words for f in verify(world.town, folder) if "あとから足され" not in f.words]
    assert found == []


def test_a_row_taken_away_otherwise_is_still_found(world, voice, folder):
    today = timezone.localdate()
    other = make_voice(voice.stakeholder, "ほかの声", by=world.staff, interview=voice.interview)
    take(world.town, today, folder)
    event = other.said.history.get().pgh_id
    erased(voice, folder)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE dialogues_voicetextevent DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM dialogues_voicetextevent WHERE pgh_id = %s", [event])
    told = [finding.words for finding in verify(world.town, folder)]
    assert f"dialogues_voicetextevent の {event} 番が消されています。" in told
    path_of(folder, world.town.code, today).unlink()
    assert any("足されています" in finding.words for finding in verify(world.town, folder))


@pytest.mark.parametrize("how", ["withdrawn", "erased"])
def test_an_older_backup_brings_nothing_back(world, voice, folder, how, settings):
    before = transaction.savepoint()
    if how == "withdrawn":
        withdraw([voice], by=world.staff)
        settings.DIGEST_FOLDER = folder
        copy_ledger()
        with doors.clock():
            assert copy_to_file(folder) == 0
    else:
        erased(voice, folder)
    transaction.savepoint_rollback(before)
    assert Voice.objects.get(pk=voice.pk).text.startswith(MARKER)
    text = (folder / FILE).read_text()
    assert MARKER not in text
    assert len(read_file(folder / FILE).lines) == 1
    call_command("reapply_erasures", str(folder / FILE), verbosity=0)
    assert tables_with(MARKER) == []
    assert not Voice.objects.filter(pk=voice.pk).exists()
    call_command("reapply_erasures", str(folder / FILE), verbosity=0)
    assert Erasure.objects.count() == 1


@pytest.mark.parametrize("key", ["staff", "checker", "coordinator", "advisor"])
def test_nobody_who_is_answered_calls_the_function(world, voice, key):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(world.standing(key)),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT tsumugi.erase_voice(%s, %s)", [world.town.pk, voice.pk])
