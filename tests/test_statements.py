"""The second lock against statements that no page sends: what a bug, or a hostile statement in a
view, could try as each role."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from dialogues.consent.levels import set_level
from dialogues.models import ConsentRecord, SharingDecision
from regions.accounts import slips
from regions.people.access import Standing
from regions.people.locks import doors

from .doors import as_the_login
from .factories import make_approach, make_interview, make_voice, share
from .locks.looking import TABLE

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.4.1")]


def as_person(world, key: str, *statements: tuple) -> list[tuple]:
    """The last one's rows, as the database answers this person; raises where it refuses."""
    with (
        as_the_login(),
        transaction.atomic(),
        doors.inside(Standing(world.people[key], world.town)),
    ):
        with connection.cursor() as cursor:
            for sql, *params in statements:
                cursor.execute(sql, params)
            rows = cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
        transaction.set_rollback(True)
    return rows


def refused_or_nothing(world, key: str, *statements: tuple) -> None:
    try:
        rows = as_person(world, key, *statements)
    except DatabaseError:
        return
    assert rows in ([], [(0,)]), rows


@pytest.fixture
def kept(full):
    world, ours, _ = full
    heard = make_interview(world.town, by=world.coordinator)
    voice = make_voice(ours.kept, "ひみつの文", by=world.staff, level="A", interview=heard)
    share(voice, by=world.staff, text="ひみつの出した文")
    SharingDecision.objects.create(
        municipality=world.town, voice=voice, revision=1, level="A", approved=True,
        reason="ひみつの決めた理由", decided_by=world.checker,
    )  # fmt: skip
    ConsentRecord.objects.create(
        municipality=world.town,
        voice=voice,
        level="A",
        reason="ひみつの同意",
        recorded_by=world.staff,
    )
    make_approach(ours.other, "ひみつの近づき方")
    set_level(voice, level="C", by=world.staff)
    return world, ours, voice


READ_IT = "SELECT text FROM dialogues_voicetext WHERE voice_id = %s"


def test_partner_does_not_raise_what_he_may_not_read(kept):
    world, _, voice = kept
    refused_or_nothing(
        world, "center",
        ("UPDATE dialogues_voice SET level = 'A' WHERE id = %s", voice.pk), (READ_IT, voice.pk),
    )  # fmt: skip


def test_partner_does_not_name_himself_as_who_heard_it(kept):
    world, _, voice = kept
    refused_or_nothing(
        world, "center",
        ("INSERT INTO dialogues_interviewer (municipality_id, interview_id, user_id, name,"
         " created_at, updated_at) VALUES (%s, %s, %s, 'わたし', now(), now())",
         world.town.pk, voice.interview_id, world.center.pk),
        (READ_IT, voice.pk),
    )  # fmt: skip


def test_partner_does_not_move_a_voice_to_what_he_heard(kept):
    world, _, voice = kept
    own = make_interview(world.town, by=world.center)
    refused_or_nothing(
        world, "center",
        ("UPDATE dialogues_voice SET interview_id = %s, speaker_id = NULL WHERE id = %s", own.pk, voice.pk),
        (READ_IT, voice.pk),
    )  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT text FROM dialogues_sharedvoiceevent WHERE voice_id = %s",
        "SELECT reason FROM dialogues_sharingdecision WHERE voice_id = %s AND reason <> ''",
    ],
)
def test_partner_reads_no_text_beside_a_voice_he_may_not_read(kept, sql):
    world, _, voice = kept
    refused_or_nothing(world, "center", (sql, voice.pk))


MAY_READ = {
    "SELECT encoded FROM regions_passwordhash": set(),
    "SELECT * FROM regions_passwordhash": set(),
    "SELECT regions_user FROM regions_user WHERE regions_user::text ~ 'md5\\$'": set(),
    "SELECT code_hash FROM regions_slip": set(),
    "SELECT data FROM mfa_authenticator": set(),
    "SELECT text FROM stakeholders_approach": {"staff", "checker", "coordinator", "center"},
    "SELECT text FROM stakeholders_approachevent": {"staff", "checker", "coordinator", "center"},
    "SELECT reason FROM dialogues_consentrecord WHERE reason <> ''": {
        "staff",
        "checker",
        "coordinator",  # who heard it
    },
    "SELECT reason FROM dialogues_consentrecordevent WHERE reason <> ''": {
        "staff",
        "checker",
        "coordinator",
    },
}
"""Columns beside rows that many read, and whom the database shows them."""


def test_columns_are_shown_to_whom_they_are_for(kept):
    world, _, _ = kept
    slips.issue(world.center, by=None, town=world.town)
    Authenticator.objects.create(user=world.center, type="totp", data={"secret": "ひみつ"})
    shown = {sql: {key for key in TABLE if reads(world, key, sql)} for sql in MAY_READ}
    assert shown == MAY_READ


def reads(world, key: str, sql: str) -> bool:
    try:
        return bool(as_person(world, key, (sql,)))
    except DatabaseError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return False
        raise


def test_section_writes_on_its_own_page_only(kept):
    world, ours, _ = kept
    refused_or_nothing(
        world,
        "section",
        ("UPDATE stakeholders_stakeholder SET name = 'x' WHERE id = %s", ours.other.pk),
    )
    refused_or_nothing(
        world,
        "section",
        ("DELETE FROM stakeholders_asset WHERE stakeholder_id = %s", ours.other.pk),
    )


def test_a_note_is_signed_by_its_writer(kept):
    world, ours, _ = kept
    refused_or_nothing(
        world, "advisor",
        ("INSERT INTO dialogues_themenote (municipality_id, theme_id, author_id, author_post, text,"
         " said_on, answer, answered_by_id, answered_at, created_at, updated_at) VALUES"
         " (%s, %s, %s, '県', 'x', now(), '町の返事', %s, now(), now(), now())",
         world.town.pk, ours.word.pk, world.prefecture.pk, world.staff.pk),
    )  # fmt: skip


def test_staff_make_no_operator(kept):
    world, _, _ = kept
    refused_or_nothing(
        world, "staff",
        ("INSERT INTO regions_user (password, login_id, name, email, is_active, is_operator,"
         " long_password) VALUES ('x', 'mallory', 'm', '', true, true, true)",),
    )  # fmt: skip


def test_staff_who_is_no_checker_promotes_nobody(kept):
    world, _, _ = kept
    refused_or_nothing(
        world, "staff",
        ("UPDATE regions_membership SET role = 'checker' WHERE user_id = %s", world.staff.pk),
    )  # fmt: skip


def test_staff_who_is_no_checker_approves_nothing(kept):
    world, ours, _ = kept
    refused_or_nothing(
        world, "staff",
        ("UPDATE dialogues_sharedvoice SET text = 'x' WHERE voice_id = %s", ours.voices[0].pk),
    )  # fmt: skip


def test_a_web_role_forges_no_history(kept):
    world, _, voice = kept
    refused_or_nothing(
        world, "center",
        ("INSERT INTO dialogues_consentrecordevent (pgh_created_at, pgh_label, pgh_obj_id, id,"
         " created_at, updated_at, level, reason, recorded_by_id, municipality_id, voice_id,"
         " pgh_context) SELECT '2026-01-01', 'insert', 999999, 999999, now(), now(), 'A', 'forged',"
         " %s, %s, %s, '{}'", world.checker.pk, world.town.pk, voice.pk),
    )  # fmt: skip


def test_the_login_changes_no_slips_code(full):
    world, _, _ = full
    slips.issue(world.checker, by=None, town=None)
    with as_the_login(), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError):
            cursor.execute("UPDATE regions_slip SET code_hash = 'x'")
        transaction.set_rollback(True)
