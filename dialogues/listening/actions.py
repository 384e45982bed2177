"""Verbs of listening: an interview with who was there, a voice typed in, a voice put right."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from dialogues.consent import gone, levels
from dialogues.consent.holding import lock_board
from dialogues.models import (
    Attendance,
    Draft,
    Form,
    Gone,
    Interview,
    Interviewer,
    Level,
    Prompt,
    Speaker,
    Voice,
    VoiceText,
)
from regions.models import Membership, Municipality, User
from regions.people.access import TABLE, NotAllowed, Standing
from regions.people.acts import Act
from stakeholders.models import Stakeholder

UNKNOWN = "不明"
WORDS = ("text", "moved_note", "sensitive_note")
"""The fields of a voice that are kept in its VoiceText."""
VOICE_LENGTH = 2000
NOTE_LENGTH = 120
STEP = 1024
"""Between the positions of two voices typed one after the other: room for what comes between."""


class Conflict(Exception):
    """Someone else rewrote the words meanwhile. `voice` is the voice as it is now."""

    def __init__(self, voice: Voice) -> None:
        super().__init__(voice.label)
        self.voice = voice


def check_name_interviewers(interview: Interview, standing: Standing) -> None:
    """Who asked may read what was heard, C included: nobody lets himself in afterwards."""
    if not _answers_for(interview, standing):
        raise NotAllowed("聴いた人を書きかえられるのは、聴いた人と町の担当者です。")


def check_tell_consent(interview: Interview, standing: Standing) -> None:
    """What nobody agreed to is C, so filling in how they agreed opens it to more readers: only
    those may do so who can read it anyway. Anyone may empty it, which opens nothing."""
    if not _answers_for(interview, standing):
        raise NotAllowed("同意の取り方を書けるのは、聴いた人と町の担当者です。")


def _answers_for(interview: Interview, standing: Standing) -> bool:
    if interview.pk is None or standing.can(Act.READ_C):
        return True
    return interview.interviewers.filter(user=standing.user.pk).exists()


@transaction.atomic
def save_interview(
    interview: Interview,
    *,
    stakeholders: Iterable[Stakeholder],
    interviewers: Iterable[str] | None,
    by: User,
) -> Interview:
    """Saves the interview and makes who was there, and who asked, those given.

    `interviewers` are names, of which None leaves them as they are. Levels of its voices follow
    when the way of consent was filled in or emptied.
    """
    before = levels.hold(interview.pk) if interview.pk else None
    if before and interview.consent_method.strip() not in ("", before.consent_method.strip()):
        check_tell_consent(before, Standing(by, before.municipality))
    if interview.number is None:
        interview.number = _take_interview_number(interview.municipality)
    interview.save()
    _attend(interview, set(stakeholders))
    if interviewers is not None:
        _ask(interview, list(interviewers), by)
    if before and bool(before.consent_method.strip()) != bool(interview.consent_method.strip()):
        levels.reconsider(interview, by=by)
    return interview


def _attend(interview: Interview, stakeholders: set[Stakeholder]) -> None:
    for attendance in interview.attendances.select_related("stakeholder"):
        if attendance.stakeholder not in stakeholders:
            attendance.delete()
        stakeholders.discard(attendance.stakeholder)
    for stakeholder in sorted(stakeholders, key=lambda body: body.pk):
        Attendance.objects.create(
            municipality_id=interview.municipality_id, interview=interview, stakeholder=stakeholder
        )


def _ask(interview: Interview, names: list[str], by: User) -> None:
    for interviewer in interview.interviewers.all():
        if interviewer.name in names:
            names.remove(interviewer.name)
        else:
            interviewer.delete()
    for name in dict.fromkeys(names):
        Interviewer.objects.create(
            municipality_id=interview.municipality_id,
            interview=interview,
            name=name,
            user=_person(interview.municipality, name, by),
        )


def _person(town: Municipality, name: str, by: User) -> User | None:
    """The town's person of that name. Of two with one name nobody is meant, unless it is oneself."""
    found = list(User.objects.filter(pk__in=people_of(town), name=name))
    if by in found:
        return by
    return found[0] if len(found) == 1 else None


def people_of(town: Municipality) -> Any:
    """Ids of those who work in the town now and may read what they heard themselves."""
    held = Membership.objects.in_effect().filter(municipality=town, user__is_active=True)
    roles = {role for act in (Act.READ_OWN, Act.READ_C) for role in TABLE[act]}
    return held.filter(role__in=roles).values("user")


def find_or_make_speaker(
    interview: Interview, stakeholder: Stakeholder, call_name: str
) -> Speaker | None:
    """None where it isn't known who of the body spoke."""
    call_name = call_name.strip()
    if call_name in ("", UNKNOWN):
        return None
    return Speaker.objects.get_or_create(
        municipality_id=interview.municipality_id,
        interview=interview,
        stakeholder=stakeholder,
        call_name=call_name,
    )[0]


def take_numbers(town: Municipality, n: int) -> range:
    """The next `n` voice numbers, never given again. The counter stays locked until the end of
    the caller's transaction: an import calls this in one of its own."""
    last, _ = _count_on(town, voices=n)
    return range(last - n + 1, last + 1)


def _take_interview_number(town: Municipality) -> int:
    return _count_on(town, interviews=1)[1]


def _count_on(town: Municipality, *, voices: int = 0, interviews: int = 0) -> tuple[int, int]:
    """The last numbers of both. In one statement, since every voice that is saved waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dialogues_voicecounter AS counter (municipality_id, last, last_interview)"
            " VALUES (%s, %s, %s) ON CONFLICT (municipality_id) DO UPDATE"
            " SET last = counter.last + excluded.last,"
            " last_interview = counter.last_interview + excluded.last_interview"
            " RETURNING last, last_interview",
            [town.pk, voices, interviews],
        )
        last, last_interview = cursor.fetchone()
    return last, last_interview


@transaction.atomic(savepoint=False)
def add_voice(
    *,
    interview: Interview,
    stakeholder: Stakeholder,
    text: str,
    by: User,
    speaker: Speaker | None = None,
    call_name: str = "",
    prompt: str = Prompt.VALUE,
    form: str = Form.VERBATIM,
    level: str = Level.B,
    moved: bool = False,
    moved_note: str = "",
    after_talk: bool = False,
    sensitive: bool = False,
    sensitive_note: str = "",
    entry_key: uuid.UUID | None = None,
    number: int | None = None,
    position: int | None = None,
) -> Voice:
    """The voice with that `entry_key`, made now or by an earlier attempt whose answer got lost.

    `number` is one of those that an import has taken beforehand; without a `position` the voice
    stands after those typed before it.
    """
    entry_key = entry_key or uuid.uuid4()
    town = interview.municipality
    # Taking the number locks the counter, so that one key can't be looked up by two at once.
    taken = number if number is not None else take_numbers(town, 1)[0]
    voice = Voice.everything.filter(municipality=town, entry_key=entry_key).first()
    if voice is None:
        voice = Voice(
            municipality=town,
            interview=interview,
            stakeholder=stakeholder,
            speaker=speaker or find_or_make_speaker(interview, stakeholder, call_name),
            number=taken,
            position=taken * STEP if position is None else position,
            prompt=prompt,
            form=form,
            moved=moved,
            after_talk=after_talk,
            sensitive=sensitive,
            entry_key=entry_key,
        )
        levels.begin(voice, level=level, by=by)
        VoiceText.objects.create(
            municipality=town,
            voice=voice,
            text=text.strip(),
            moved_note=moved_note,
            sensitive_note=sensitive_note,
        )
    Draft.objects.filter(municipality=town, entry_key=entry_key, user=by).delete()
    return voice


@transaction.atomic
def edit_voice(
    voice: Voice,
    *,
    by: User,
    read_revision: int,
    changes: dict[str, Any],
    level: str | None = None,
    reason: str = "",
    confirmed_on: Any = None,
) -> Voice:
    """Applies `changes` (fields of Voice or its words, or `call_name`) to the voice as it was read.

    Conflict when its words are no longer those read. New words are a new revision; they, a mark
    that care is needed and another body each void the approved text. `level` None leaves it.
    """
    levels.hold(voice.interview_id)
    locked = Voice.objects.select_for_update(of=("self",))
    held = locked.select_related("speaker", "said").get(pk=voice.pk)
    if held.revision != read_revision:
        raise Conflict(held)
    changes = dict(changes)
    look_again = bool(changes.get("sensitive")) and not held.sensitive
    if "stakeholder" in changes or "call_name" in changes:
        stakeholder = changes.get("stakeholder", held.stakeholder)
        look_again |= stakeholder != held.stakeholder
        call_name = changes.pop("call_name", held.speaker.call_name if held.speaker else "")
        changes["speaker"] = find_or_make_speaker(held.interview, stakeholder, call_name)
    if "text" in changes:
        changes["text"] = changes["text"].strip()
        if changes["text"] != held.text:
            changes["revision"] = held.revision + 1
    _apply(held, changes)
    if level is not None:
        levels.set_level(held, level=level, by=by, reason=reason, confirmed_on=confirmed_on)
    levels.void(held, look_again=look_again)
    return held


def _apply(voice: Voice, changes: dict[str, Any]) -> None:
    for row, fields in (
        (voice.said, [name for name in changes if name in WORDS]),
        (voice, [name for name in changes if name not in WORDS]),
    ):
        for name in fields:
            setattr(row, name, changes[name])
        if fields:
            row.save(update_fields=[*fields, "updated_at"])


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
    if not first.strip() or not rest.strip():
        raise NotAllowed("分けると、どちらかが空になります。文の途中で分けてください。")
    # In the order in which a new voice takes its locks.
    number = take_numbers(voice.municipality, 1)[0]
    kept = edit_voice(voice, by=by, read_revision=read_revision, changes={"text": first})
    rows = _in_order(kept.interview_id)
    new = Voice(position=0)
    _place(new, rows, [row.pk for row in rows].index(kept.pk) + 1)
    return add_voice(
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


@transaction.atomic
def keep_draft(
    interview: Interview, *, entry_key: uuid.UUID, fields: dict[str, str], by: User
) -> bool:
    """Keeps what is being typed; nothing typed, nothing kept. False if it is a voice already."""
    town = interview.municipality
    mine = Draft.objects.filter(municipality=town, entry_key=entry_key, user=by)
    if Voice.everything.filter(municipality=town, entry_key=entry_key).exists():
        mine.delete()
        return False
    if not fields.get("text", "").strip():
        mine.delete()
    else:
        Draft.objects.update_or_create(
            municipality=town,
            entry_key=entry_key,
            user=by,
            defaults={"interview": interview, "fields": fields},
        )
    return True


def latest_draft(interview: Interview, *, by: User) -> Draft | None:
    """What this person left unfinished there last, and nobody has saved since."""
    saved = Voice.everything.filter(interview=interview).values("entry_key")
    mine = Draft.objects.filter(interview=interview, user=by).exclude(entry_key__in=saved)
    return mine.order_by("-updated_at").first()
