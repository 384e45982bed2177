"""What becomes of an interview's transcripts when people withdraw, and when a voice is erased.

What a voice was taken from is emptied with it (consent/gone.py, and in `locks`). Here: all that a
speaker said and the name it stands under, where he withdrew all; and whole transcripts.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from dialogues.consent.erasing import when_erasing
from dialogues.consent.gone import holds_before_going, when_withdrawn
from dialogues.consent.retention import discards
from dialogues.models import (
    Gone,
    Kept,
    Sentence,
    Transcript,
    TranscriptSpeaker,
    TranscriptState,
    Voice,
    Withdrawal,
)
from regions.models import Municipality, User

from .actions import hold, throw_away


@holds_before_going
def hold_transcripts(voices: list[int]) -> None:
    """Before the interview, as whoever makes voices of a transcript does."""
    there = Transcript.objects.filter(interview__voices__in=voices).values("pk")
    list(Transcript.objects.select_for_update(no_key=True).filter(pk__in=there).order_by("pk"))


@when_withdrawn
def of_withdrawals(told: QuerySet[Withdrawal], by: User | None) -> None:
    all_of_it = told.filter(
        whole=True, interview=OuterRef("interview"), created_at__gte=OuterRef("created_at")
    )
    _throw_away(Transcript.objects.filter(Exists(all_of_it)), by)
    all_of_his = told.filter(
        interview=OuterRef("transcript__interview"),
        speaker__stakeholder=OuterRef("stakeholder"),
        speaker__call_name=OuterRef("call_name"),
        created_at__gte=OuterRef("created_at"),
    )
    _forget(TranscriptSpeaker.objects.filter(Exists(all_of_his)))


@when_erasing
def of_an_erased_voice(voice: Voice) -> None:
    others = Voice.everything.filter(interview=voice.interview_id).exclude(pk=voice.pk)
    standing = others.filter(Q(gone_at=None) | Q(gone_as__in=[Gone.DELETED, Gone.PENDING]))
    speaker = voice.speaker
    if not standing.exists():
        _throw_away(Transcript.objects.filter(interview=voice.interview_id), None)
        return
    # Of what was typed by mistake, who spoke withdrew nothing.
    if speaker and voice.gone_as != Gone.DELETED and not standing.filter(speaker=speaker).exists():
        his = TranscriptSpeaker.objects.filter(transcript__interview=voice.interview_id)
        _forget(his.filter(stakeholder=speaker.stakeholder_id, call_name=speaker.call_name))


@discards(Kept.VOICES)
def of_an_interview(town: Municipality, subject: int, by: User) -> None:
    kept = Transcript.objects.of(town).filter(interview=subject, state=TranscriptState.KEPT)
    _throw_away(kept, by)


def _throw_away(transcripts: QuerySet[Transcript], by: User | None) -> None:
    for transcript in transcripts.exclude(state=TranscriptState.THROWN).order_by("pk"):
        throw_away(transcript, by=by)


def _forget(speakers: QuerySet[TranscriptSpeaker]) -> None:
    found = {speaker.pk: speaker.transcript for speaker in speakers.select_related("transcript")}
    for transcript in sorted(set(found.values()), key=lambda each: each.pk):
        hold(transcript)
    Sentence.objects.filter(speaker__in=list(found)).delete()
    TranscriptSpeaker.objects.filter(pk__in=list(found)).delete()
