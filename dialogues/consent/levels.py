"""How far a voice may go. The only place that writes `Voice.level` and `ConsentRecord`, and the
place where an approved text that no longer holds is dropped.

A voice is locked FOR UPDATE, which excludes the transaction that issues an edition (it holds the
cited voices FOR SHARE).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from dialogues.models import ConsentRecord, Interview, Level, SharedVoice, Voice
from regions.models import User
from regions.office.dates import wareki
from regions.people.texts import Reach

from . import copies
from .holding import hold

BATCH = 1_000
"""Rows of one statement."""
REACH = {Level.C: 0, Level.B: 1, Level.A: 2}


class ConsentError(ValidationError):
    """A level that may not be recorded so: {"reason": words, "confirmed_on": words, "way": words}."""


def agreed_level(voice: Voice) -> Level:
    """What was agreed for this voice, whether or not the interview's consent is recorded."""
    newest = ConsentRecord.objects.filter(voice=voice).first()
    return Level(newest.level) if newest else Level.B


def effective(agreed: str, interview: Interview) -> Level:
    """Without a recorded way of consent, everything said in an interview is C."""
    return Level(agreed) if interview.consent_method.strip() else Level.C


@transaction.atomic(savepoint=False)
def begin(voice: Voice, *, level: str, by: User) -> None:
    """Saves a new voice with what was agreed for it."""
    voice.level = effective(level, hold(voice.interview_id))
    voice.save(force_insert=True)
    interview = voice.interview
    ConsentRecord.objects.create(
        municipality_id=voice.municipality_id,
        voice=voice,
        level=level,
        recorded_by=by,
        way=interview.consent_way,
        explained_by=interview.consent_by,
        explained_on=interview.consent_on,
    )


def begin_many(voices: Sequence[Voice], *, agreed: Sequence[str], by: User) -> None:
    """As `begin`, for many. Their interviews are not held: whoever calls this calls `settle_many`
    at the end of the same transaction, and until then nobody waits."""
    interviews = Interview.objects.in_bulk({voice.interview_id for voice in voices})
    for voice, level in zip(voices, agreed, strict=True):
        voice.level = effective(level, interviews[voice.interview_id])
    Voice.objects.bulk_create(voices, batch_size=BATCH)
    ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(
                municipality_id=voice.municipality_id,
                voice_id=voice.pk,
                level=level,
                recorded_by_id=by.pk,
            )
            for voice, level in zip(voices, agreed, strict=True)
        ],
        batch_size=BATCH,
    )


def settle_many(voices: Sequence[Voice], *, agreed: Sequence[str]) -> None:
    """Holds the interviews of new voices, and mends the levels where the way of consent was filled
    in or emptied meanwhile; from here on such a change waits and then finds these voices."""
    held = {pk: hold(pk) for pk in sorted({voice.interview_id for voice in voices})}
    for voice, level in zip(voices, agreed, strict=True):
        _settle_new(voice, effective(level, held[voice.interview_id]))


def _settle_new(voice: Voice, level: Level) -> None:
    if voice.level != level:
        voice.level = level
        voice.save(update_fields=["level", "updated_at"])


@transaction.atomic
def set_level(
    voice: Voice,
    *,
    level: str,
    by: User,
    reason: str = "",
    confirmed_on: dt.date | None = None,
    way: str = "",
) -> None:
    """Records what was agreed. Widening what is already recorded needs why, and how and on which
    day the speaker was asked again (ConsentError); narrowing is always allowed."""
    interview = hold(voice.interview_id)
    held = Voice.objects.select_for_update().get(pk=voice.pk)
    newest = ConsentRecord.objects.filter(voice=held).first()
    if newest and REACH[Level(level)] > REACH[Level(newest.level)]:
        _check_widening(reason, confirmed_on, way, interview)
    if newest is None or newest.level != level or reason:
        ConsentRecord.objects.create(
            municipality_id=held.municipality_id,
            voice=held,
            level=level,
            reason=reason,
            confirmed_on=confirmed_on,
            recorded_by=by,
            way=way,
            # Who widens it has asked again himself; what is narrowed nobody explained.
            explained_by=by.name if confirmed_on else "",
            explained_on=confirmed_on,
        )
    copies.follow([_settle(held, effective(level, interview))])
    void(held)
    voice.level = held.level


@transaction.atomic
def reconsider(interview: Interview, *, by: User) -> None:
    """After the interview's way of consent was filled in or emptied: all its voices' levels.

    Nobody agreed to anything new, so no ConsentRecord is added; `by` is who changed the interview.
    """
    held = hold(interview.pk)
    newest = ConsentRecord.objects.filter(voice=OuterRef("pk")).order_by("-id").values("level")[:1]
    voices = Voice.objects.filter(interview=held).order_by("pk").annotate(agreed=Subquery(newest))
    changed = [
        _settle(voice, effective(voice.agreed or Level.B, held))
        for voice in voices.select_for_update(of=("self",))
    ]
    copies.follow(changed)
    for voice, _ in changed:
        void(voice)


@transaction.atomic
def void_if_stale(voice: Voice, *, look_again: bool = False) -> None:
    """Drops the approved text when it isn't of the voice's present words and level. `look_again`:
    in any case, since the voice was marked as one that needs care or given to another body."""
    void(Voice.objects.select_for_update().get(pk=voice.pk), look_again=look_again)


def void(held: Voice, *, look_again: bool = False) -> None:
    """As `void_if_stale`, of a voice that the caller holds already: whoever lowers a voice to C may
    not be one who takes hold of it again."""
    approved = SharedVoice.objects.filter(voice=held)
    if not look_again:
        approved = approved.exclude(level=held.level, revision=held.revision)
    approved.delete()


def _settle(held: Voice, level: Level) -> tuple[Voice, Reach]:
    """The voice at that level, and how far it went before."""
    before = copies.reach_of(held)
    if held.level != level:
        held.level = level
        held.save(update_fields=["level", "updated_at"])
    return held, before


def _check_widening(
    reason: str, confirmed_on: dt.date | None, way: str, interview: Interview
) -> None:
    wrong = {}
    if not reason.strip():
        wrong["reason"] = "範囲を広げるときは、その理由を書いてください。"
    if confirmed_on is None:
        wrong["confirmed_on"] = "範囲を広げるときは、ご本人にあらためて確かめた日を書いてください。"
    elif confirmed_on > timezone.localdate():
        wrong["confirmed_on"] = "確かめた日が、今日より先になっています。"
    elif confirmed_on < interview.date:
        day = wareki(interview.date, weekday=False)
        wrong["confirmed_on"] = f"確かめた日が、聴いた日（{day}）より前になっています。"
    if not way:
        wrong["way"] = "範囲を広げるときは、あらためて確かめた形を選んでください。"
    if wrong:
        raise ConsentError(wrong)
