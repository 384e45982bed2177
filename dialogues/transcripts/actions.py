"""Verbs of transcripts: taken in, marked, made voices of, kept or thrown away.

Locks are taken in one order: the transcript, the town's numbers, the interview, its voices.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from dialogues.listening.actions import add_voice, take_numbers
from dialogues.models import (
    Excerpt,
    Form,
    Interview,
    Level,
    Sentence,
    Split,
    Transcript,
    TranscriptSpeaker,
    TranscriptState,
    Voice,
    WithdrawalRequest,
)
from dialogues.models.transcripts import UNFINISHED_FOR
from regions.models import User
from stakeholders.models import Stakeholder

from .sentences import LONG, Cut

CALLED = re.compile(r"(?:話し手|話者|発言者|参加者)\s*([0-9]{1,2}|[A-Za-z])")
ASKS = re.compile(r"(?:聞き手|聴き手|インタビュアー|司会|進行|質問者).*")


class TranscriptError(ValueError):
    """Why no voices are made of what is marked, in words."""


@dataclass(frozen=True)
class Mark:
    prompt: str
    goes_on: bool


@transaction.atomic
def take_in(interview: Interview, *, kind: str, cuts: Iterable[Cut], by: User) -> Transcript:
    cuts = list(cuts)
    held = Interview.objects.select_for_update(no_key=True).get(pk=interview.pk)
    town = interview.municipality
    last = Transcript.objects.filter(interview=held).aggregate(last=Max("number"))["last"] or 0
    transcript = Transcript.objects.create(
        municipality=town,
        interview=held,
        number=last + 1,
        kind=kind,
        sentence_count=len(cuts),
        added_by=by,
        throw_on=timezone.localdate() + UNFINISHED_FOR,
    )
    speakers = _take_in_speakers(transcript, dict.fromkeys(cut.speaker for cut in cuts))
    Sentence.objects.bulk_create(
        [
            Sentence(
                municipality=town,
                transcript=transcript,
                number=number,
                speaker=speakers[cut.speaker],
                text=cut.text,
                seconds=cut.at,
                begins=cut.begins,
            )
            for number, cut in enumerate(cuts, 1)
        ],
        batch_size=1000,
    )
    return transcript


def _take_in_speakers(transcript: Transcript, names: Iterable[str]) -> dict[str, TranscriptSpeaker]:
    """Where only one body was there, each is proposed as one of its people. A real name is never
    proposed as a call-name; and who asks is not proposed as one who spoke."""
    bodies = list(transcript.interview.stakeholders.all()[:2])
    made, number = {}, 0
    for name in names:
        asks = bool(ASKS.fullmatch(name))
        call_name = ""
        if name and not asks:
            match = CALLED.fullmatch(unicodedata.normalize("NFKC", name))
            number = number if match else number + 1
            call_name = f"話し手{match[1].upper()}" if match else f"話し手{number}"
        made[name] = TranscriptSpeaker.objects.create(
            municipality_id=transcript.municipality_id,
            transcript=transcript,
            name=name,
            stakeholder=bodies[0] if len(bodies) == 1 and not asks else None,
            call_name=call_name,
        )
    return made


def hold(transcript: Transcript) -> Transcript:
    return Transcript.objects.select_for_update(no_key=True).get(pk=transcript.pk)


@transaction.atomic
def mark(transcript: Transcript, *, changed: Mapping[int, Mark]) -> None:
    """Marks sentences, by number. One that is a voice already stays as it is."""
    held = hold(transcript)
    done = made_of(held)
    rows = list(Sentence.objects.filter(transcript=held, number__in=changed))
    free = [row for row in rows if row.number not in done]
    for row in free:
        row.prompt, row.goes_on = changed[row.number].prompt, changed[row.number].goes_on
    Sentence.objects.bulk_update(free, ["prompt", "goes_on"])


@transaction.atomic
def say_who(transcript: Transcript, *, who: Mapping[int, tuple[Stakeholder | None, str]]) -> None:
    """Whom each speaker's name means, by the speaker's id."""
    hold(transcript)
    for speaker in TranscriptSpeaker.objects.filter(transcript=transcript, pk__in=who):
        if (speaker.stakeholder, speaker.call_name) != who[speaker.pk]:
            speaker.stakeholder, speaker.call_name = who[speaker.pk]
            speaker.save(update_fields=["stakeholder", "call_name", "updated_at"])


def made_of(transcript: Transcript) -> dict[int, Voice]:
    """The voices that were made of it already, by the numbers of their sentences."""
    excerpts = Excerpt.objects.filter(transcript=transcript).select_related("voice")
    return {
        number: excerpt.voice
        for excerpt in excerpts
        for number in range(excerpt.first, excerpt.last + 1)
    }


def shown(transcript: Transcript) -> QuerySet[Sentence]:
    """Its sentences without those that somebody asks to withdraw: of whose voices that is, and all
    that a person said who withdraws all of it. What was split off may be in any of the whole."""
    heard = transcript.interview_id
    pending = Voice.everything.pending().filter(interview=heard)
    whole = Split.objects.filter(voice__in=pending).values("source")
    rows = Sentence.objects.filter(transcript=transcript)
    taken = Excerpt.objects.filter(transcript=transcript)
    for each in taken.filter(Q(voice__in=pending) | Q(voice__in=whole)):
        rows = rows.exclude(number__range=(each.first, each.last))
    asked = WithdrawalRequest.objects.open().filter(interview=heard, speaker__isnull=False)
    whose = asked.values_list("speaker__stakeholder", "speaker__call_name")
    for stakeholder, name in whose:
        rows = rows.exclude(speaker__stakeholder=stakeholder, speaker__call_name=name)
    return rows


def passages(sentences: Iterable[Sentence], done: Mapping[int, Voice]) -> list[list[Sentence]]:
    """What is marked and not yet a voice: each mark with the sentences that go on from it."""
    found: list[list[Sentence]] = []
    before: Sentence | None = None
    for sentence in sentences:
        if sentence.number in done:
            before = None
            continue
        if before and before.goes_on and before.speaker_id == sentence.speaker_id:
            found[-1].append(sentence)
        elif sentence.prompt:
            found.append([sentence])
        else:
            before = None
            continue
        before = sentence
    return found


@transaction.atomic
def make_voices(transcript: Transcript, *, by: User) -> list[Voice]:
    """Voices of all that is marked and not yet one; all or none (TranscriptError)."""
    held = hold(transcript)
    sentences = shown(held).select_related("speaker__stakeholder")
    marked = passages(sentences, made_of(held))
    _check(marked)
    numbers = take_numbers(held.municipality, len(marked))
    made = [
        _make(held, passage, number, by) for passage, number in zip(marked, numbers, strict=True)
    ]
    _put_in_order(held)
    return made


def _check(marked: list[list[Sentence]]) -> None:
    if not marked:
        raise TranscriptError(
            "印のついた文がありません。声にする文に、問いかけの印をつけてください。"
        )
    nobody = {str(p[0].speaker): None for p in marked if p[0].speaker.stakeholder is None}
    if nobody:
        names = "」「".join(list(nobody)[:5])
        raise TranscriptError(
            f"「{names}」がどの関係者か、まだ選ばれていません。「話している人」で選んでください。"
        )
    for passage in marked:
        if (length := len(_text(passage))) > LONG:
            raise TranscriptError(
                f"{passage[0].number}文めからの声が長すぎます（{length:,}字）。"
                f"1つの声は{LONG:,}字までです。"
            )


def _text(passage: list[Sentence]) -> str:
    return "".join(sentence.text for sentence in passage)


def _make(transcript: Transcript, passage: list[Sentence], number: int, by: User) -> Voice:
    first, speaker = passage[0], passage[0].speaker
    assert speaker.stakeholder is not None  # _check saw to it
    voice = add_voice(
        interview=transcript.interview,
        stakeholder=speaker.stakeholder,
        text=_text(passage),
        call_name=speaker.call_name,
        prompt=first.prompt,
        form=Form.VERBATIM,
        level=Level.B,
        by=by,
        entry_key=uuid.uuid5(uuid.NAMESPACE_OID, f"{transcript.pk}:{first.number}"),
        number=number,
    )
    Excerpt.objects.create(
        municipality_id=transcript.municipality_id,
        voice=voice,
        transcript=transcript,
        first=first.number,
        last=passage[-1].number,
        seconds=seconds_of(first),
    )
    return voice


def seconds_of(sentence: Sentence) -> int | None:
    """Of the line in which it stands: only a line's first sentence carries the time."""
    if sentence.seconds is not None or sentence.begins:
        return sentence.seconds
    begun = Sentence.objects.filter(
        transcript=sentence.transcript_id, begins=True, number__lt=sentence.number
    )
    return begun.order_by("-number").values_list("seconds", flat=True).first()


def _put_in_order(transcript: Transcript) -> None:
    """The transcript's voices stand in its order, in the places that they have among the others."""
    voices = [
        each.voice
        for each in Excerpt.objects.filter(
            transcript=transcript, voice__gone_at__isnull=True
        ).select_related("voice")
    ]
    for voice, position in zip(voices, sorted(v.position for v in voices), strict=True):
        if voice.position != position:
            voice.position = position
            voice.save(update_fields=["position", "updated_at"])


@transaction.atomic
def keep(transcript: Transcript, *, by: User) -> None:
    _end(hold(transcript), TranscriptState.KEPT, by)


@transaction.atomic
def throw_away(transcript: Transcript, *, by: User | None) -> None:
    """All of its text goes at once; that there was one, and which voices came from it, stays."""
    held = hold(transcript)
    Sentence.objects.filter(transcript=held).delete()
    TranscriptSpeaker.objects.filter(transcript=held).delete()
    _end(held, TranscriptState.THROWN, by)


def _end(held: Transcript, state: TranscriptState, by: User | None) -> None:
    held.state, held.ended_by, held.ended_at = state, by, timezone.now()
    held.save(update_fields=["state", "ended_by", "ended_at", "updated_at"])
