"""Verbs of rows that stand already: put in order, split, joined, deleted.

What a split and a join do to numbers, levels, marks and approvals is told in docs/decisions.md.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dialogues.consent import gone, levels
from dialogues.consent.holding import lock_board
from dialogues.consent.ledger import told_of
from dialogues.models import Form, Gone, Split, Voice
from regions.models import User
from regions.office.invisible import is_blank
from regions.people.access import NotAllowed

from .actions import STEP, VOICE_LENGTH, Conflict, add_voice, edit_voice, take_numbers

NOTE_LENGTH = 120


@transaction.atomic
def move_voice(voice: Voice, *, beside: Voice, above: bool) -> None:
    """Puts the voice right above, or right below, another of its interview. Said twice, done once."""
    levels.hold(voice.interview_id)
    held = {row.pk: row for row in _in_order(voice.interview_id)}
    if voice.pk == beside.pk or beside.pk not in held:
        raise NotAllowed("並べかえられるのは、同じ聴き取りの声の中だけです。")
    moving = held.pop(voice.pk)
    at = list(held).index(beside.pk)
    _place(moving, list(held.values()), at if above else at + 1)


def _in_order(interview: int) -> list[Voice]:
    rows = Voice.everything.filter(interview=interview).order_by("position", "number")
    return list(rows.only("position", "number", "municipality_id"))


def _place(voice: Voice, rows: list[Voice], at: int) -> None:
    """Gives the voice a position between those of its neighbours, `rows` being the others."""
    if not _room(rows, at):
        # The places that the voices of this interview have in the town stay theirs.
        numbers = sorted(row.number for row in rows)
        for row, number in zip(rows, numbers, strict=True):
            row.position = number * STEP
            Voice.everything.filter(pk=row.pk).update(position=row.position)
    before = rows[at - 1].position if at else 0
    # Right behind the last one, so that whatever is typed next comes after it.
    after = rows[at].position if at < len(rows) else before + 2
    if before < voice.position < after:
        return
    voice.position = (before + after) // 2
    if voice.pk:
        voice.save(update_fields=["position", "updated_at"])


def _room(rows: list[Voice], at: int) -> bool:
    before = rows[at - 1].position if at else 0
    return at == len(rows) or rows[at].position - before > 1


@transaction.atomic
def split_voice(voice: Voice, *, first: str, rest: str, by: User, read_revision: int) -> Voice:
    """What follows becomes a voice of its own, right below, with a number of its own. Returns it.

    It was said by the same person under the same consent, and may need the same care; under which
    word it belongs is decided anew. The approved text of the whole no longer holds.
    """
    if is_blank(first) or is_blank(rest):
        raise NotAllowed("分けると、どちらかが空になります。文の途中で分けてください。")
    # In the order in which a new voice takes its locks.
    number = take_numbers(voice.municipality, 1)[0]
    kept = edit_voice(voice, by=by, read_revision=read_revision, changes={"text": first})
    rows = _in_order(kept.interview_id)
    new = Voice(position=0)
    _place(new, rows, [row.pk for row in rows].index(kept.pk) + 1)
    made = add_voice(
        interview=kept.interview,
        stakeholder=kept.stakeholder,
        speaker=kept.speaker,
        text=rest,
        by=by,
        prompt=kept.prompt,
        form=kept.form,
        level=levels.agreed_level(kept),
        moved=kept.moved,
        after_talk=kept.after_talk,
        sensitive=kept.sensitive,
        sensitive_note=kept.sensitive_note,
        number=number,
        position=new.position,
    )
    _remember(made, kept, rest.strip())
    return made


def _remember(made: Voice, kept: Voice, words: str) -> None:
    before = Split.objects.filter(voice=kept).values_list("source", flat=True)
    told = told_of(kept.municipality.code, words)
    Split.objects.bulk_create(
        Split(municipality_id=kept.municipality_id, voice=made, source_id=source, words=told)
        for source in [kept.pk, *before]
    )


@transaction.atomic
def join_voices(
    voice: Voice, *, into: Voice, by: User, read_revision: int, into_revision: int
) -> Voice:
    """Adds the words of `voice` to those of `into`, which is returned; its number is a tombstone.

    `into` keeps its number, its prompt and its place under a word. The lower level of the two
    holds, and every mark of either; its approved text no longer holds.
    """
    lock_board(voice.municipality)
    levels.hold(voice.interview_id)
    rows = Voice.objects.select_for_update(of=("self",)).select_related("said", "speaker")
    held = {row.pk: row for row in rows.filter(pk__in=[voice.pk, into.pk]).order_by("pk")}
    for given, revision in ((voice, read_revision), (into, into_revision)):
        if given.pk not in held or held[given.pk].revision != revision:
            raise Conflict(held.get(given.pk, given))
    leaving, staying = held[voice.pk], held[into.pk]
    changes = _joined(staying, leaving)
    agreed = levels.agreed_level(staying)
    lower = min(agreed, levels.agreed_level(leaving), key=levels.REACH.__getitem__)
    gone.delete_voice(leaving, by=by, how=Gone.JOINED)
    level = lower if lower != agreed else None
    return edit_voice(staying, by=by, read_revision=into_revision, changes=changes, level=level)


def _joined(staying: Voice, leaving: Voice) -> dict[str, Any]:
    who = ("interview_id", "stakeholder_id", "speaker_id")
    if any(getattr(staying, name) != getattr(leaving, name) for name in who):
        raise NotAllowed("話し手の違う声は、合わせられません。")
    gap = "\n" if "\n" in staying.text + leaving.text else ""
    changes: dict[str, Any] = {"text": staying.text + gap + leaving.text}
    if len(changes["text"]) > VOICE_LENGTH:
        raise NotAllowed(f"合わせると{VOICE_LENGTH}字をこえるため、合わせていません。")
    for name in ("moved", "after_talk", "sensitive"):
        changes[name] = getattr(staying, name) or getattr(leaving, name)
    for name in ("moved_note", "sensitive_note"):
        notes = dict.fromkeys(filter(None, (getattr(staying, name), getattr(leaving, name))))
        changes[name] = "、".join(notes)
        if len(changes[name]) > NOTE_LENGTH:
            raise NotAllowed("「そのときのようす」か「配慮の理由」が長すぎて、合わせられません。")
    # Words that were put together are verbatim only if both were.
    forms = list(Form)
    changes["form"] = max(staying.form, leaving.form, key=lambda form: forms.index(Form(form)))
    return changes


@transaction.atomic
def remove_voice(voice: Voice, *, by: User, read_revision: int) -> None:
    """Deletes a voice whose words are still those that were read."""
    lock_board(voice.municipality)
    levels.hold(voice.interview_id)
    held = Voice.objects.select_for_update(of=("self",)).filter(pk=voice.pk).first()
    if held is None or held.revision != read_revision:
        raise Conflict(held or voice)
    gone.delete_voice(held, by=by)
