"""Voices that are gone: deleted since typed by mistake, or withdrawn by who spoke.

The number stays as a tombstone and is never given again. What stands on the voice goes with it:
its approved text and its place under a word here, and what each floor above registers. What was
withdrawn is written into the ledger of erasures, so that no older backup brings it back.

Locks are taken in the order that holding.py tells.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dialogues.models import (
    Asked,
    Erasure,
    Excerpt,
    Gone,
    Interview,
    NamesLeft,
    Placement,
    Sentence,
    SharedVoice,
    Speaker,
    Split,
    Voice,
    VoiceText,
    Withdrawal,
    WithdrawalRequest,
)
from regions.models import Draft, User
from regions.people.access import NotAllowed, Standing
from regions.people.texts import Reach

from . import copies, ledger, levels
from .holding import lock_board
from .keys import key_of
from .repeating import repeats_of

Refusal = Callable[[Voice], str]
Holding = Callable[[list[int]], None]
Leaving = Callable[[list[Voice], Gone], None]
Settling = Callable[[QuerySet[Withdrawal], User | None], None]
REFUSALS: list[Refusal] = []
HOLDINGS: list[Holding] = []
LEAVINGS: list[Leaving] = []
SETTLINGS: list[Settling] = []


def keeps_from_deleting(refusal: Refusal) -> Refusal:
    """Decorator. Says why a voice can't have been typed by mistake, or nothing."""
    REFUSALS.append(refusal)
    return refusal


def holds_before_going(holding: Holding) -> Holding:
    """Decorator. Locks the rows that rest on these voices (by id) before the voices are locked."""
    HOLDINGS.append(holding)
    return holding


def when_going(leaving: Leaving) -> Leaving:
    """Decorator. Is told of voices just before they go, in the same transaction, and puts what
    rests on them in order. All are of one town."""
    LEAVINGS.append(leaving)
    return leaving


def when_withdrawn(settling: Settling) -> Settling:
    """Decorator. Takes away what was recorded of those who withdrew: in the same transaction what
    that person may reach, and each minute by the clock (`by` None) the rest. Safe to run twice."""
    SETTLINGS.append(settling)
    return settling


@transaction.atomic
def delete_voice(voice: Voice, *, by: User, how: Gone = Gone.DELETED) -> None:
    """A voice that should not have been written down, or whose words stand in another one now
    (`how` JOINED). Its words stay, for `undo_delete` alone."""
    [held] = hold_all([voice], by=by)
    for refusal in REFUSALS:
        if words := refusal(held):
            raise NotAllowed(words)
    if how == Gone.DELETED:
        copies.keep([held], Reach.NOBODY)
    go([held], how, by=by)


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
    if _withdrawn_since(held):
        raise NotAllowed(f"{held.label}は、そのあとにお申し出による取り下げがあり、もどせません。")
    held.gone_at, held.gone_as, held.gone_by, held.gone_key = None, "", None, None
    held.level = levels.effective(levels.agreed_level(held), interview)
    held.check_edit(Standing(by, voice.municipality))
    held.save(update_fields=["gone_at", "gone_as", "gone_by", "gone_key", "level", "updated_at"])
    copies.keep([held])
    return held


def _withdrawn_since(held: Voice) -> bool:
    """Whoever said it withdrew all that he said after it was deleted, or everybody did, or asks to."""
    since: dict[str, Any] = {"interview": held.interview_id, "created_at__gte": held.gone_at}
    done = Withdrawal.objects.filter(**since)
    asked = WithdrawalRequest.objects.open().filter(**since)
    if held.speaker_id and any(
        rows.filter(speaker=held.speaker_id).exists() for rows in (done, asked)
    ):
        return True
    all_gone = not Voice.objects.filter(interview=held.interview_id).exists()
    return all_gone and any(rows.filter(speaker=None).exists() for rows in (done, asked))


@transaction.atomic
def withdraw(
    voices: Iterable[Voice],
    *,
    by: User,
    asked_on: dt.date | None = None,
    asked_by: str = Asked.SAID,
    speaker: Speaker | None = None,
    whole: Interview | None = None,
    agreed: bool = False,
) -> Withdrawal:
    """お申し出による取り下げ: the words are emptied, for good. All of one interview; with `whole`,
    what the listeners noted of it is emptied and what was recorded goes, too. What is pending of
    the same speaker, or of the whole, goes along. `agreed`: it was decided before (pending.py),
    so nobody is asked whether he may touch each voice."""
    rows = list(voices)
    if rows and (speaker or whole):
        rows += _pending_of(rows[0].interview, None if whole else speaker)
    held = hold_all(rows, by=by, check=not agreed)
    if not held:
        raise NotAllowed("取り下げる声がありません。")
    texts = list(VoiceText.objects.filter(voice__in=held))
    repeats = repeats_of(held[0].municipality, held)
    copies.keep(held, Reach.NOBODY)
    for said in texts:
        said.text = said.moved_note = said.sensitive_note = ""
        said.save(update_fields=["text", "moved_note", "sensitive_note", "updated_at"])
    empty_sentences(held)
    if whole:
        whole.observation = ""
        whole.save(update_fields=["observation", "updated_at"])
    go(held, Gone.WITHDRAWN, by=by)
    for voice in held:
        ledger.write_down(voice, kind=Erasure.Kind.WITHDRAWN, why=Erasure.Why.ASKED, by=by)
    done = Withdrawal.objects.create(
        municipality_id=held[0].municipality_id,
        interview_id=held[0].interview_id,
        speaker=speaker,
        whole=whole is not None,
        asked_on=asked_on or timezone.localdate(),
        asked_by=asked_by,
        numbers=[voice.number for voice in held],
        repeats=[[place.words, place.url] for place in repeats],
        recorded_by=by,
    )
    for settling in SETTLINGS:
        settling(Withdrawal.objects.filter(pk=done.pk), by)
    return done


def _pending_of(interview: Interview, speaker: Speaker | None) -> list[Voice]:
    rows = Voice.everything.pending().filter(interview=interview)
    return list(rows.filter(speaker=speaker) if speaker else rows)


def empty_sentences(held: list[Voice]) -> None:
    """What a transcript says of it. Who may not read the transcript leaves that to the clock. What
    was split off was taken from the sentences of the whole, and nobody can tell from which."""
    whole = Split.objects.filter(voice__in=held).values("source")
    for taken in Excerpt.objects.filter(Q(voice__in=held) | Q(voice__in=whole)):
        said = Sentence.objects.filter(transcript=taken.transcript_id)
        said.filter(number__range=(taken.first, taken.last)).update(text="")


def alone(speaker: Speaker) -> bool | None:
    """Whether nobody else spoke there: all that was recorded is this person's. None where nobody
    wrote down how many were there, and nobody else is known to have spoken: people must say."""
    heard = speaker.interview
    others = Speaker.objects.filter(interview=heard).exclude(pk=speaker.pk)
    unknown = Voice.objects.filter(interview=heard, speaker=None)
    if others.exists() or unknown.exists() or heard.attendances.count() > 1:
        return False
    return None if heard.participants is None else heard.participants <= 1


def settle_all() -> None:
    """Within `clock()`: what was recorded of those who withdrew, where who noted it couldn't."""
    for settling in SETTLINGS:
        settling(Withdrawal.objects.all(), None)


def sweep_sentences() -> int:
    """Within `clock()`: what a withdrawn voice was taken from, where who withdrew it couldn't."""
    count = 0
    split_off = Split.objects.filter(voice__gone_as=Gone.WITHDRAWN).values("source")
    withdrawn = Q(voice__gone_as=Gone.WITHDRAWN) | Q(voice__in=split_off)
    for taken in Excerpt.objects.filter(withdrawn):
        said = Sentence.objects.filter(transcript=taken.transcript_id).exclude(text="")
        count += said.filter(number__range=(taken.first, taken.last)).delete()[0]
    return count


def hold_all(voices: list[Voice], *, by: User, check: bool = True) -> list[Voice]:
    """The voices as they are now, held until the end of the transaction. NotAllowed where one is
    gone or is not this person's to touch; of those that are pending that was asked before."""
    if not voices:
        return []
    town = voices[0].municipality
    ids = [voice.pk for voice in voices]
    lock_board(town)
    for holding in HOLDINGS:
        holding(ids)
    for interview in sorted({voice.interview_id for voice in voices}):
        levels.hold(interview)
    rows: Any = Voice.everything.select_for_update(of=("self",))
    told = rows.select_related("interview", "municipality", "speaker", "said")
    held = list(told.filter(pk__in=ids).order_by("pk"))
    standing = Standing(by, town)
    for voice in held:
        if check and voice.gone_as != Gone.PENDING:
            voice.check_edit(standing)
        voice.gone_key = key_of(voice)
    return held


def drafts_of(voice: Voice) -> QuerySet[Draft]:
    """What is being typed of it, and of forms in which its words stand, as far as it is shown."""
    here = rf"^/m/[^/]+/(voices|sharing|interviews/{voice.interview_id}/rows)/{voice.number}/"
    drafts = Draft.objects.of(voice.municipality)
    return drafts.filter(Q(key=voice.entry_key) | Q(path__regex=here))


def go(held: list[Voice], how: Gone, *, by: User) -> None:
    for leaving in LEAVINGS:
        leaving(held, how)
    Placement.objects.filter(voice__in=held).delete()
    SharedVoice.objects.filter(voice__in=held).delete()
    NamesLeft.objects.filter(voice__in=held).delete()
    for voice in held if how != Gone.PENDING else ():
        drafts_of(voice).filter(user=by).delete()
    for voice in held:
        voice.gone_at, voice.gone_as, voice.gone_by = timezone.now(), how, by
        voice.save(update_fields=["gone_at", "gone_as", "gone_by", "gone_key", "updated_at"])
