"""Verbs of listening: an interview with who was there, a voice typed in, a voice put right."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from dialogues.consent import copies, levels
from dialogues.models import (
    Attendance,
    Form,
    Interview,
    Interviewer,
    Level,
    Prompt,
    Speaker,
    Voice,
    VoiceText,
)
from regions.drafts.actions import keep
from regions.models import Draft, Membership, Municipality, User
from regions.people.access import TABLE, NotAllowed, Standing
from regions.people.acts import Act
from stakeholders.models import Stakeholder

UNKNOWN = "不明"
WORDS = ("text", "moved_note", "sensitive_note")
"""The fields of a voice that are kept in its VoiceText."""
VOICE_LENGTH = 2000
STEP = 1024
"""Between the positions of two voices typed one after the other: room for what comes between."""
BATCH = 1_000
"""Rows of one statement."""


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
    if before and interview.consent_method.strip() and _agreed(interview) != _agreed(before):
        check_tell_consent(before, Standing(by, before.municipality))
    if interview.number is None:
        interview.number = take_interview_numbers(interview.municipality, 1)[0]
    interview.save()
    _attend(interview, set(stakeholders))
    if interviewers is not None:
        _ask(interview, list(interviewers), by)
    if before and bool(before.consent_method.strip()) != bool(interview.consent_method.strip()):
        levels.reconsider(interview, by=by)
    return interview


def _agreed(interview: Interview) -> tuple[object, ...]:
    words = interview.consent_method.strip()
    return words, interview.consent_way, interview.consent_by, interview.consent_on


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


def take_interview_numbers(town: Municipality, n: int) -> range:
    """As `take_numbers`, for interviews."""
    last = _count_on(town, interviews=n)[1]
    return range(last - n + 1, last + 1)


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
    Draft.objects.of_writer(town, by).filter(key=entry_key).delete()
    return voice


@transaction.atomic
def add_voices(
    entries: Sequence[Mapping[str, Any]], *, town: Municipality, by: User, numbers: Sequence[int]
) -> list[Voice]:
    """Many voices at once, by the rules of `add_voice` and with one statement for hundreds of rows.

    An entry has what `add_voice` is given, its `entry_key` and its folded `search_text` too, and is
    known not to be there yet.
    The numbers were taken beforehand. Nobody who types into one of the interviews waits longer
    than it takes to look at their consent once more, at the end.
    """
    speakers = _speakers(entries, town)
    voices = [
        Voice(
            municipality_id=town.pk,
            interview_id=entry["interview"].pk,
            stakeholder_id=entry["stakeholder"].pk,
            speaker_id=speakers.get(_speaker_key(entry)),
            number=number,
            position=number * STEP,
            prompt=entry["prompt"],
            form=entry["form"],
            moved=entry["moved"],
            after_talk=entry["after_talk"],
            sensitive=entry["sensitive"],
            entry_key=entry["entry_key"],
        )
        for entry, number in zip(entries, numbers, strict=True)
    ]
    agreed = [entry["level"] for entry in entries]
    levels.begin_many(voices, agreed=agreed, by=by)
    VoiceText.objects.bulk_create(
        [
            VoiceText(
                id=voice.pk,
                municipality_id=town.pk,
                voice_id=voice.pk,
                text=entry["text"].strip(),
                search_text=entry["search_text"],
                moved_note=entry["moved_note"],
                sensitive_note=entry["sensitive_note"],
            )
            for entry, voice in zip(entries, voices, strict=True)
        ],
        batch_size=BATCH,
    )
    levels.settle_many(voices, agreed=agreed)
    return voices


def _speaker_key(entry: Mapping[str, Any]) -> tuple[int, int, str]:
    call_name = entry["call_name"].strip()
    name = "" if call_name == UNKNOWN else call_name
    return entry["interview"].pk, entry["stakeholder"].pk, name


def _speakers(
    entries: Sequence[Mapping[str, Any]], town: Municipality
) -> dict[tuple[int, int, str], int]:
    """The ids of those who are named in the entries, there already or made now."""
    wanted = {key for entry in entries if (key := _speaker_key(entry))[2]}
    rows = Speaker.objects.filter(municipality=town, interview__in={key[0] for key in wanted})
    known = {(row.interview_id, row.stakeholder_id, row.call_name): row.pk for row in rows}
    missing = [
        Speaker(municipality=town, interview_id=interview, stakeholder_id=body, call_name=name)
        for interview, body, name in sorted(wanted - set(known))
    ]
    for made in Speaker.objects.bulk_create(missing, batch_size=BATCH):
        known[made.interview_id, made.stakeholder_id, made.call_name] = made.pk
    return known


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
    way: str = "",
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
    changes, before = dict(changes), copies.reach_of(held)
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
        levels.set_level(
            held, level=level, by=by, reason=reason, confirmed_on=confirmed_on, way=way
        )
    copies.follow([(held, before)])
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
def keep_draft(
    interview: Interview, *, entry_key: uuid.UUID, typed_at: int, fields: dict[str, str], by: User
) -> bool:
    """Keeps what is being typed; nothing typed, nothing kept. False if it is a voice already."""
    town = interview.municipality
    mine = Draft.objects.of_writer(town, by).filter(key=entry_key)
    if Voice.everything.filter(municipality=town, entry_key=entry_key).exists():
        mine.delete()
        return False
    if not fields.get("text", "").strip():
        mine.delete()
    else:
        path = capture_path(interview)
        keep(town=town, by=by, path=path, key=entry_key, typed_at=typed_at, fields=fields)
    return True


def capture_path(interview: Interview) -> str:
    return reverse("capture", args=[interview.municipality.code, interview.pk])


def latest_draft(interview: Interview, *, by: User) -> Draft | None:
    """What this person left unfinished there last, and nobody has saved since."""
    saved = Voice.everything.filter(interview=interview).values("entry_key")
    mine = Draft.objects.of_writer(interview.municipality, by).unsaved()
    here = mine.filter(path=capture_path(interview)).exclude(key__in=saved)
    return here.order_by("-updated_at").first()
