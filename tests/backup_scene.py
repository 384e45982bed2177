"""What a backup is taken of, in a database of its own: `before` makes it, and `after` is what people
do once the backup is taken."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from dialogues.consent.erasing import erase
from dialogues.consent.gone import withdraw
from dialogues.consent.jobs import copy_ledger
from dialogues.models import Erasure, Recording, Voice, VoiceText
from regions.models import Municipality, User
from regions.people.history.digests import take
from regions.people.history.records import tables
from regions.people.locks import doors

from .conftest import fill_both
from .factories import make_body, make_interview, make_voice, share
from .world import make_world

WITHDRAWN, ERASED = "薬缶山の裏の井戸", "鍋島橋のたもとの柳"


def before() -> None:
    with transaction.atomic():
        world, ours, _ = fill_both(make_world())
        # Of the other town's recordings the day has not come; of ours it has.
        today = timezone.localdate()
        Recording.objects.of(world.other_town).update(
            recorded_on=today, delete_on=today + dt.timedelta(days=30)
        )
        for words in (WITHDRAWN, ERASED):
            alone = make_interview(world.town, by=world.staff)
            body = make_body(world.town, words[:3])
            voice = make_voice(body, f"{words}は約束です", by=world.staff, interview=alone)
            share(voice, by=world.checker)
    three_days_ago()
    for town in Municipality.objects.all():
        take(town, timezone.localdate() - dt.timedelta(days=2), settings.DIGEST_FOLDER)
    # Of the day itself, which no digest covers yet.
    VoiceText.objects.filter(voice=ours.voices[0].pk).update(text="きょう直した声です。")


def three_days_ago() -> None:
    """When all of this was written down."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, table in tables().items():
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {name} SET {table.at} = {table.at} - interval '3 days'")  # noqa: S608
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def after() -> None:
    by = User.objects.get(login_id="staff")
    withdraw([Voice.objects.get(said__text__startswith=WITHDRAWN)], by=by)
    number = Voice.objects.get(said__text__startswith=ERASED).pk
    with doors.clock():
        voice = Voice.everything.select_related("municipality").get(pk=number)
        erase(voice, why=Erasure.Why.ASKED, by=None)
    copy_ledger()
