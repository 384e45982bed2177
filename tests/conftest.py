import os
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings as all_settings
from django.db import connection, transaction
from django.test import Client, override_settings

from dialogues.models import Level, ThemeNote, Voice, Withdrawal, WithdrawalRequest
from regions.models import (
    AdvisorNote,
    Handover,
    Import,
    Job,
    Membership,
    Municipality,
    SupportEvent,
)
from stakeholders.models import AssetKind, Keeper
from stories.models import Audience, Section, Step, StoryLine, StoryNote

from . import doors as doors
from .factories import (
    make_asset,
    make_body,
    make_brief,
    make_edition,
    make_interview,
    make_recording,
    make_story,
    make_theme,
    make_transcript,
    make_voice,
    share,
)
from .world import World, begin_support, make_world

QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if "MIGRATED_DATABASE" in os.environ:

    @pytest.fixture(scope="session")
    def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings):
        """A copy of the migrated database for each process of the run. Without it (on a server
        that the caller named) pytest-django migrates one."""
        name = (
            connection.settings_dict["TEST"]["NAME"] or f"test_{connection.settings_dict['NAME']}"
        )
        with django_db_blocker.unblock():
            connection.close()
            with connection._nodb_cursor() as cursor:
                cursor.execute(
                    f'CREATE DATABASE "{name}" TEMPLATE "{os.environ["MIGRATED_DATABASE"]}"'
                    " STRATEGY file_copy"
                )
            all_settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Argon2 is slow on purpose; twenty people a test need not feel it."""
    settings.PASSWORD_HASHERS = QUICK


# Before the live server reads them, which stands longer than any test.
all_settings.MIDDLEWARE = ["tests.doors.AsTheLogin", *all_settings.MIDDLEWARE]


# The machine that runs the tests may be slow; the limit has tests of its own.
all_settings.REQUEST_SECONDS = 3600


@pytest.fixture(autouse=True)
def the_door_is_open():
    doors.porter.open_again()


@pytest.fixture(autouse=True)
def static_files_are_looked_for_when_asked(settings):
    """As in the demo. Otherwise each new client begins by looking for all of them."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    """People of the world who would need a second factor count as having one, as in the demo.
    Tests of the second factor itself turn it on."""
    settings.SECOND_FACTOR = False


@pytest.fixture(scope="session")
def audio_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audio")


@pytest.fixture(autouse=True)
def recordings_lie_apart(settings, audio_folder):
    settings.AUDIO_FOLDER = audio_folder


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def browse():
    """A client signed in as a person of the world: `browse(world.staff).get(…)`."""

    def as_user(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return as_user


@dataclass
class Rows:
    """One thing of every kind in a town, for whoever walks all of it."""

    town: Municipality
    membership: Membership
    kept: Any
    other: Any
    interview: Any
    voices: list
    word: Any
    lonely_word: Any
    story: Any
    issued_story: Any
    brief: Any
    council_brief: Any
    edition: Any
    event: Any
    note: Any
    word_note: Any
    story_note: Any
    line: Any
    citation: Any
    step: Any
    job: Any
    file: Any
    handed_over: Any
    withdrawal: Any
    request: Any
    gone: Any


def fill(world: World, town: Municipality, suffix: str) -> Rows:
    staff, coordinator = world.people[f"staff{suffix}"], world.people[f"coordinator{suffix}"]
    round = begin_support(town)
    kept, other = make_body(town), make_body(town)
    section = Membership.objects.get(user=world.people[f"section{suffix}"])
    Keeper.objects.create(municipality=town, stakeholder=kept, membership=section)
    for body in (kept, other):
        for kind in AssetKind:
            make_asset(body, kind)
    heard = make_interview(town, by=coordinator)
    voices = []
    for interview in (heard, make_interview(town)):
        for level in Level:
            text = f"{town.name}の{level}の声です。ここだけの話{len(voices)}。"
            voices.append(
                make_voice(kept, text, by=staff, level=level, interview=interview, speaker=level)
            )
    share(voices[0], by=staff, text=f"{town.name}の確かめた声A")
    share(voices[1], by=staff, text=f"{town.name}の確かめた声B")
    word = make_theme(town, "縁側", voices=voices[:3], by=staff)
    make_transcript(heard, f"A：{town.name}の録音です。花子さんが来た。", by=coordinator)
    for _ in range(2):
        make_recording(heard, by=coordinator)
    lonely = make_theme(town, "出番", voices=voices[3:4], by=staff)
    told, issued = make_story(town, "語り"), make_story(town, "出した話")
    line = StoryLine.objects.create(
        municipality=town, story=told, section=Section.CAN, who=kept, text="畳を開ける"
    )
    written = {"author": world.advisor, "author_post": "アドバイザー", "said_on": "2026-10-01"}
    council = make_brief(issued)
    gone = make_voice(kept, "", by=staff, interview=heard)
    Voice.everything.filter(pk=gone.pk).update(
        gone_at="2026-10-01T09:00+09:00", gone_as="withdrawn", gone_by=staff
    )
    withdrawal = Withdrawal.objects.create(
        municipality=town,
        interview=heard,
        asked_on="2026-10-01",
        asked_by="said",
        numbers=[900],
        recorded_by=staff,
    )
    request = WithdrawalRequest.objects.create(
        municipality=town,
        interview=heard,
        asked_on="2026-10-02",
        asked_by="said",
        numbers=[901],
        recorded_by=staff,
    )
    return Rows(
        request=request,
        withdrawal=withdrawal,
        gone=gone,
        town=town,
        membership=Membership.objects.get(user=staff),
        kept=kept,
        other=other,
        interview=heard,
        voices=voices,
        word=word,
        lonely_word=lonely,
        story=told,
        issued_story=issued,
        brief=make_brief(told, Audience.COMMUNITY),
        council_brief=council,
        edition=make_edition(council, by=staff),
        event=SupportEvent.objects.create(
            municipality=town, round=round, kind="visit", date="2026-07-14", title="現地支援"
        ),
        note=AdvisorNote.objects.create(municipality=town, round=round, text="問い", **written),
        word_note=ThemeNote.objects.create(municipality=town, theme=word, text="問い", **written),
        story_note=StoryNote.objects.create(municipality=town, story=told, text="問い", **written),
        line=line,
        citation=line.citations.create(municipality=town, voice=voices[0], revision=1),
        step=Step.objects.create(
            municipality=town, story=told, what="会場を決める", who="福祉課", due="2026-11-27"
        ),
        job=Job.objects.create(
            municipality=town, kind="issue-brief", requested_by=staff, state="refused", reason="否"
        ),
        file=Import.objects.create(
            municipality=town,
            by=staff,
            table="voices",
            file_name="聴いた声.xlsx",
            content=b"x",
            state="checked",
        ),
        handed_over=Handover.objects.create(
            municipality=town,
            desk=Membership.objects.get(user=world.people[f"center{suffix}"]),
            successor=Membership.objects.get(user=staff),
            note="区長会は、先に会長へ。",
            note_by=world.people[f"center{suffix}"],
            note_at="2026-11-01T09:00+09:00",
        ),
    )


@pytest.fixture
def full(world) -> tuple[World, Rows, Rows]:
    """The world with something of every kind in both towns. Only つむぎ町 is supported."""
    return fill_both(world)


def fill_both(world: World) -> tuple[World, Rows, Rows]:
    ours, theirs = fill(world, world.town, ""), fill(world, world.other_town, "2")
    theirs.note.round.__class__.objects.filter(municipality=world.other_town).update(year=2020)
    return world, ours, theirs


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker, audio_folder):
    """What `full` is, made once for all tests of a module, with a session of each person. It stands
    in a transaction around theirs, so what one of them does is undone before the next.

    A module takes it by importing the fixtures of scene.py. None of its tests may be
    `transaction=True`."""
    quick = override_settings(PASSWORD_HASHERS=QUICK, AUDIO_FOLDER=audio_folder)
    with django_db_blocker.unblock(), quick, transaction.atomic():
        connection.atomic_blocks[-1]._from_testcase = True
        made = fill_both(make_world())
        sessions = {}
        for user in made[0].people.values():
            client = Client()
            client.force_login(user)
            sessions[user.pk] = client.cookies
        yield made, sessions
        transaction.set_rollback(True)
