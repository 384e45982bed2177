"""Voices that are gone: deleted since typed by mistake, or withdrawn by who spoke.

The number stays as a tombstone and is never given again. What stands on the voice goes with it:
its approved text and its place under a word here, and what each floor above registers.

Locks are taken in the order that holding.py tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone

from dialogues.models import Draft, Gone, Placement, SharedVoice, Voice, VoiceText
from regions.models import User
from regions.people.access import NotAllowed, Standing

from . import levels
from .holding import lock_board

Refusal = Callable[[Voice], str]
Leaving = Callable[[list[Voice], Gone, User], None]
REFUSALS: list[Refusal] = []
LEAVINGS: list[Leaving] = []


def keeps_from_deleting(refusal: Refusal) -> Refusal:
    """Decorator. Says why a voice can't have been typed by mistake, or nothing."""
    REFUSALS.append(refusal)
    return refusal


def when_going(leaving: Leaving) -> Leaving:
    """Decorator. Is told of voices just before they go, in the same transaction, and puts what
    rests on them in order. All are of one town."""
    LEAVINGS.append(leaving)
    return leaving


@transaction.atomic
def delete_voice(voice: Voice, *, by: User, how: Gone = Gone.DELETED) -> None:
    """A voice that should not have been written down, or whose words stand in another one now
    (`how` JOINED). Its words stay, for `undo_delete` alone."""
    [held] = _held([voice], by)
    for refusal in REFUSALS:
        if words := refusal(held):
            raise NotAllowed(words)
    _go([held], how, by)


@transaction.atomic
def undo_delete(voice: Voice, *, by: User) -> Voice:
    """Back as it was, but under no word and approved for nobody: that is decided anew. Only by
    who deleted it, while he may still write here, and at the level that holds today."""
    lock_board(voice.municipality)
    interview = levels.hold(voice.interview_id)
    rows = Voice.everything.select_for_update(of=("self",)).select_related("interview")
    held = rows.get(pk=voice.pk)
    if held.gone_at is None:
        return held
    if held.gone_as != Gone.DELETED or held.gone_by_id != by.pk:
        raise NotAllowed(f"{held.label}は、元にもどせません。{held.gone_words}。")
    held.gone_at, held.gone_as, held.gone_by = None, "", None
    held.level = levels.effective(levels.agreed_level(held), interview)
    held.check_edit(Standing(by, voice.municipality))
    held.save(update_fields=["gone_at", "gone_as", "gone_by", "level", "updated_at"])
    return held


@transaction.atomic
def withdraw(voices: Iterable[Voice], *, by: User) -> list[Voice]:
    """お申し出による取り下げ: the words are emptied, for good. Returns those that now are gone."""
    voices = list(voices)
    held = _held(voices, by)
    for said in VoiceText.objects.filter(voice__in=held):
        said.text = said.moved_note = said.sensitive_note = ""
        said.save(update_fields=["text", "moved_note", "sensitive_note", "updated_at"])
    _go(held, Gone.WITHDRAWN, by)
    return held


def _held(voices: list[Voice], by: User) -> list[Voice]:
    """The voices as they are now, held until the end of the transaction. NotAllowed where one is
    gone or is not this person's to touch."""
    if not voices:
        return []
    town = voices[0].municipality
    lock_board(town)
    for interview in sorted({voice.interview_id for voice in voices}):
        levels.hold(interview)
    rows = Voice.everything.select_for_update(of=("self",)).select_related("interview")
    held = list(rows.filter(pk__in=[voice.pk for voice in voices]).order_by("pk"))
    standing = Standing(by, town)
    for voice in held:
        voice.check_edit(standing)
    return held


def _go(held: list[Voice], how: Gone, by: User) -> None:
    for leaving in LEAVINGS:
        leaving(held, how, by)
    Placement.objects.filter(voice__in=held).delete()
    SharedVoice.objects.filter(voice__in=held).delete()
    Draft.objects.filter(entry_key__in=[voice.entry_key for voice in held], user=by).delete()
    for voice in held:
        voice.gone_at, voice.gone_as, voice.gone_by = timezone.now(), how, by
        voice.save(update_fields=["gone_at", "gone_as", "gone_by", "updated_at"])
