"""What a backup is taken of, in a database of its own: `python -m tests.backup_scene before`, and
`… after` for what people do once the backup is taken."""

from __future__ import annotations

import datetime as dt
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from dialogues.consent.erasing import erase
from dialogues.consent.gone import withdraw
from dialogues.consent.jobs import copy_ledger
from dialogues.models import Erasure, Voice, VoiceText
from regions.models import Municipality, User
from regions.people.history.digests import take
from regions.people.history.records import tables
from regions.people.locks import doors

from .backup_words import ERASED, WITHDRAWN
from .conftest import fill_both
from .factories import make_body, make_interview, make_voice, share
from .world import make_world


def before() -> None:
    with transaction.atomic():
        world, ours, _ = fill_both(make_world())
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
            cursor.execute(f"UPDATE {name} SET {table.at} = {table.at} - interval '3 days'")
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def after() -> None:
    by = User.objects.get(login_id="staff")
    withdraw([Voice.objects.get(said__text__startswith=WITHDRAWN)], by=by)
    with doors.clock():
        voice = Voice.everything.select_related("municipality").get(said__text__startswith=ERASED)
        erase(voice, why=Erasure.Why.ASKED, by=None)
    copy_ledger()


if __name__ == "__main__":
    {"before": before, "after": after}[sys.argv[1]]()
