"""Rows for tests, made whole with as little said as the test needs."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import wave

from dialogues.models import (
    ConsentRecord,
    Interview,
    Interviewer,
    Level,
    Placement,
    Recording,
    RecordingRule,
    SharedVoice,
    Speaker,
    Theme,
    Transcript,
    Voice,
    VoiceText,
)
from dialogues.models.recordings import LONGEST
from dialogues.recordings.actions import take_in as take_in_sound
from dialogues.transcripts.actions import take_in
from dialogues.transcripts.reading_files import from_text
from dialogues.transcripts.sentences import cut
from regions.models import Municipality, User
from stakeholders.models import Approach, Asset, Sector, Stakeholder
from stories.models import Brief, Edition, Story
from stories.writing.told import told_now

_numbers = itertools.count(1)


def make_body(town: Municipality, name: str = "", **fields: object) -> Stakeholder:
    fields.setdefault("sector", Sector.RESIDENTS)
    fields.setdefault("public_label", "住民の方")
    name = name or f"団体{next(_numbers)}"
    return Stakeholder.objects.create(municipality=town, name=name, **fields)


def make_approach(body: Stakeholder, text: str = "診療後の19時以降") -> Approach:
    return Approach.objects.create(municipality=body.municipality, stakeholder=body, text=text)


def make_asset(body: Stakeholder, kind: str, text: str = "空いている畳") -> Asset:
    return Asset.objects.create(
        municipality=body.municipality, stakeholder=body, kind=kind, text=text
    )


def make_interview(
    town: Municipality, *, by: User | None = None, consent: str = "口頭で同意"
) -> Interview:
    interview = Interview.objects.create(
        municipality=town,
        number=next(_numbers),
        date=dt.date(2026, 7, 22),
        place="公民館",
        consent_method=consent,
    )
    if by:
        Interviewer.objects.create(municipality=town, interview=interview, user=by, name=by.name)
    return interview


def make_voice(
    body: Stakeholder,
    text: str = "湯は減らせないんです。",
    *,
    by: User,
    level: Level = Level.A,
    interview: Interview | None = None,
    speaker: str = "",
    **fields: object,
) -> Voice:
    """A voice with the consent that its level needs, as if typed by `by`."""
    town = body.municipality
    interview = interview or make_interview(town)
    if speaker:
        fields["speaker"] = Speaker.objects.get_or_create(
            municipality=town, interview=interview, stakeholder=body, call_name=speaker
        )[0]
    voice = Voice.objects.create(
        municipality=town,
        interview=interview,
        stakeholder=body,
        number=next(_numbers),
        level=level,
        **fields,
    )
    VoiceText.objects.create(municipality=town, voice=voice, text=text)
    ConsentRecord.objects.create(municipality=town, voice=voice, level=level, recorded_by=by)
    return voice


def share(voice: Voice, *, by: User, text: str = "") -> SharedVoice:
    return SharedVoice.objects.create(
        municipality=voice.municipality,
        voice=voice,
        revision=voice.revision,
        level=voice.level,
        text=text or voice.text,
        approved_by=by,
    )


def make_transcript(interview: Interview, text: str, *, by: User) -> Transcript:
    read = from_text(text)
    return take_in(interview, kind=read.kind, cuts=cut(read), by=by)


def wav(seconds: float = 0.1) -> bytes:
    """Silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * int(8000 * seconds))
    return file.getvalue()


def make_recording(interview: Interview, content: bytes = b"", *, by: User) -> Recording:
    RecordingRule.objects.update_or_create(
        municipality=interview.municipality, defaults={"on": True}
    )
    return take_in_sound(
        interview,
        kind="wav",
        content=[content or wav()],
        delete_on=interview.date + LONGEST,
        by=by,
    )


def make_theme(town: Municipality, word: str = "縁側", *, voices: list[Voice], by: User) -> Theme:
    theme = Theme.objects.create(municipality=town, word=word)
    for voice in voices:
        Placement.objects.create(municipality=town, theme=theme, voice=voice, placed_by=by)
    return theme


def make_story(town: Municipality, title: str = "昼の縁側", **fields: object) -> Story:
    return Story.objects.create(municipality=town, title=title, **fields)


def make_brief(story: Story, audience: str = "council", **fields: object) -> Brief:
    values = {
        "title": "昼の縁側の試行について",
        "meeting": "厚生文教常任委員会",
        "date": dt.date(2026, 12, 15),
        "department": "福祉課 高齢者支援係",
    } | fields
    return Brief.objects.create(
        municipality=story.municipality, story=story, audience=audience, **values
    )


def make_edition(brief: Brief, *, by: User, **fields: object) -> Edition:
    fields.setdefault("told", told_now(brief.story))
    fields.setdefault("number", 1)
    return Edition.objects.create(
        municipality=brief.municipality,
        brief=brief,
        title=brief.title,
        meeting=brief.meeting,
        date=brief.date,
        file_name="R8_町_議会_20261215_v1.pdf",
        pdf=b"%PDF-1.7",
        sha256="0" * 64,
        pages=1,
        issued_by=by,
        approved_by=by,
        **fields,
    )
