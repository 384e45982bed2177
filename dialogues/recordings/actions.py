"""Verbs of recordings: taken in, kept until another day, deleted."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from dialogues.models import Interview, Recording, RecordingKey
from regions.models import Municipality, User
from regions.office import sealed_files
from regions.people.locks.doors import clock, whole_town

LEFT_OVER_AFTER = dt.timedelta(days=1)
"""A file without a row may be one whose row is about to be written."""


class NoRoom(Exception):
    """The town keeps as much sound as it may."""


def check_room(town: Municipality, more: int) -> None:
    """Before and after a file is read. Of all recordings, whoever asks. Raises NoRoom."""
    with whole_town(town.pk):
        kept = Recording.objects.of(town).filter(deleted_at__isnull=True)
        size = kept.aggregate(all=Sum("size"))["all"] or 0
    if size + more > settings.AUDIO_TOWN_BYTES:
        most = settings.AUDIO_TOWN_BYTES // 1_000_000
        raise NoRoom(
            f"この町で預かれる録音は、合わせて{most:,}MBまでです（いま{size // 1_000_000:,}MB）。"
            "要らなくなった録音を消してから、もう一度お試しください。"
        )


@transaction.atomic
def take_in(
    interview: Interview, *, kind: str, content: Iterable[bytes], delete_on: dt.date, by: User
) -> Recording:
    """Seals the sound and notes it; nothing of it stays where either fails (DiskFull, NoRoom)."""
    sealed = sealed_files.seal(settings.AUDIO_FOLDER, content)
    try:
        held = Interview.objects.select_for_update(no_key=True).get(pk=interview.pk)
        check_room(held.municipality, sealed.size)
        rows = Recording.objects.filter(interview=held)
        recording = Recording.objects.create(
            municipality_id=held.municipality_id,
            interview=held,
            number=(rows.aggregate(last=Max("number"))["last"] or 0) + 1,
            kind=kind,
            size=sealed.size,
            recorded_on=held.date,
            delete_on=delete_on,
            set_by=by,
            added_by=by,
        )
        RecordingKey.objects.create(
            municipality_id=held.municipality_id,
            recording=recording,
            file=sealed.name,
            key=sealed.key,
        )
    except BaseException:
        sealed_files.forget(settings.AUDIO_FOLDER, sealed.name)
        raise
    return recording


@transaction.atomic
def keep_until(recording: Recording, *, day: dt.date, by: User) -> None:
    held = Recording.objects.select_for_update(no_key=True).get(pk=recording.pk)
    held.delete_on, held.set_by = day, by
    held.save(update_fields=["delete_on", "set_by", "updated_at"])


@transaction.atomic
def delete(recording: Recording, *, by: User | None) -> None:
    """Forgets the key, then the file; that there was one, until when and by whom, stays."""
    held = Recording.objects.select_for_update(no_key=True).get(pk=recording.pk)
    if held.deleted_at is not None:
        return
    for key in RecordingKey.objects.filter(recording=held):
        transaction.on_commit(partial(sealed_files.forget, settings.AUDIO_FOLDER, key.file))
    RecordingKey.objects.filter(recording=held).delete()
    held.deleted_at, held.deleted_by = timezone.now(), by
    held.save(update_fields=["deleted_at", "deleted_by", "updated_at"])


def delete_due() -> int:
    """Those whose day has come."""
    left = Recording.objects.filter(deleted_at__isnull=True)
    with clock():
        due = list(left.filter(delete_on__lte=timezone.localdate()).order_by("pk"))
    for recording in due:
        with clock():
            delete(recording, by=None)
    return len(due)


def sweep() -> int:
    """Files of which no row has a key, from an upload that broke off or a disk that was restored."""
    moment = time.time() - LEFT_OVER_AFTER.total_seconds()
    old = set(sealed_files.older_than(settings.AUDIO_FOLDER, moment))
    if not old:
        return 0
    with clock():
        known = set(RecordingKey.objects.filter(file__in=old).values_list("file", flat=True))
    for name in old - known:
        sealed_files.forget(settings.AUDIO_FOLDER, name)
    return len(old - known)
