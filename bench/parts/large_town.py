"""A town of any size, written straight into the tables: for measurements and for tests of what
grows with a town. Run as the owner of the tables, over all towns."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from dialogues.models import (
    ConsentRecord,
    Interview,
    Interviewer,
    Level,
    Placement,
    Prompt,
    SharedVoice,
    Speaker,
    Theme,
    Voice,
    VoiceCounter,
    VoiceText,
)
from dialogues.models.interviews import Attendance
from regions.models import Municipality, User
from regions.office.japanese import fold
from stakeholders.models import Asset, AssetKind, Sector, Stakeholder
from stories.models import Citation, Section, Step, Story, StoryLine
from stories.models.stories import StoryTheme

WHO = ("朝の湯守りの当番", "畑を貸している家", "孫を送り迎えする人", "組合の若い衆", "縁側の常連")
WHAT = (
    "雪の日でも声をかけ合うので、ひとりで困ったことはありません",
    "道具は納屋にあるのに、使い方を聞いてくれる人が減りました",
    "帰りの立ち話があるから、体操の日は休まず通っています",
    "畳の大広間が昼のあいだ空いていて、もったいないと思います",
    "送迎の車が一台でもあれば、山の向こうの人も来られます",
    "漬物の樽を洗う日は、だれかれとなく手伝いに寄ってくれます",
)


@dataclass(frozen=True)
class Size:
    """How many of each, numbered from `first` on. All voices are spread evenly, unless `heap`: then
    they are all of one interview, and those under a word are all under one word."""

    voices: int
    interviews: int = 40
    words: int = 40
    bodies: int = 60
    stories: int = 10
    heap: bool = False
    first: int = 1


@dataclass
class LargeTown:
    bodies: list[Stakeholder]
    interviews: list[Interview]
    words: list[Theme]
    stories: list[Story]
    voices: list[Voice]


def fill(town: Municipality, size: Size, *, by: User) -> LargeTown:
    bodies = _bodies(town, size)
    interviews = _interviews(town, size, bodies, by)
    voices = _voices(town, size, bodies, interviews, by)
    words = _words(town, size, voices, by)
    stories = _stories(town, size, words, voices)
    return LargeTown(bodies, interviews, words, stories, voices)


def said(n: int) -> str:
    """What the voice with that number says: 60 to 110 characters, no two alike."""
    dice = random.Random(n)
    return f"{dice.choice(WHO)}の話で、{'。'.join(dice.sample(WHAT, 2))}（{n}）"


def _bodies(town: Municipality, size: Size) -> list[Stakeholder]:
    sectors = list(Sector)
    bodies = Stakeholder.objects.bulk_create(
        Stakeholder(
            municipality=town,
            name=f"第{size.first + n}地区の会",
            sector=sectors[n % len(sectors)],
            public_label="住民の方",
        )
        for n in range(size.bodies)
    )
    kinds = list(AssetKind)
    Asset.objects.bulk_create(
        Asset(municipality=town, stakeholder=body, kind=kinds[n % len(kinds)], text=f"納屋{n}棟")
        for n, body in enumerate(bodies)
    )
    return bodies


def _interviews(
    town: Municipality, size: Size, bodies: Sequence[Stakeholder], by: User
) -> list[Interview]:
    made = Interview.objects.bulk_create(
        Interview(
            municipality=town,
            number=size.first + n,
            date=dt.date(2026, 4, 1) + dt.timedelta(days=n % 200),
            place=f"第{n}集会所",
            consent_method="口頭で同意",
        )
        for n in range(size.interviews)
    )
    Interviewer.objects.bulk_create(
        Interviewer(municipality=town, interview=each, user=by, name=by.name) for each in made
    )
    Attendance.objects.bulk_create(
        Attendance(municipality=town, interview=each, stakeholder=bodies[(n + k) % len(bodies)])
        for n, each in enumerate(made)
        for k in range(2)
    )
    return made


def _voices(
    town: Municipality,
    size: Size,
    bodies: Sequence[Stakeholder],
    interviews: Sequence[Interview],
    by: User,
) -> list[Voice]:
    speakers = Speaker.objects.bulk_create(
        Speaker(
            municipality=town,
            interview=each,
            stakeholder=bodies[n % len(bodies)],
            call_name=f"話し手{n % 3 + 1}",
        )
        for each in interviews
        for n in range(3)
    )
    heard = interviews[:1] if size.heap else interviews
    prompts, levels = list(Prompt), (Level.A, Level.A, Level.A, Level.B, Level.C)
    made = []
    for n in range(size.voices):
        at = n % len(heard)
        speaker = speakers[3 * at + n // len(heard) % 3]
        made.append(
            Voice(
                municipality=town,
                interview=heard[at],
                stakeholder=speaker.stakeholder,
                speaker=speaker,
                number=size.first + n,
                position=(size.first + n) * 1024,
                prompt=prompts[n % len(prompts)],
                level=levels[n // 7 % len(levels)],
                moved=n % 5 == 0,
            )
        )
    voices = Voice.objects.bulk_create(made, batch_size=2000)
    VoiceText.objects.bulk_create(
        (
            VoiceText(
                id=voice.pk,
                voice=voice,
                municipality=town,
                text=said(voice.number),
                search_text=fold(said(voice.number)),
            )
            for voice in voices
        ),
        batch_size=2000,
    )
    ConsentRecord.objects.bulk_create(
        (
            ConsentRecord(municipality=town, voice=voice, level=voice.level, recorded_by=by)
            for voice in voices
        ),
        batch_size=2000,
    )
    SharedVoice.objects.bulk_create(
        (
            SharedVoice(
                municipality=town,
                voice=voice,
                revision=1,
                level=voice.level,
                text=said(voice.number),
                search_text=fold(said(voice.number)),
                approved_by=by,
            )
            for voice in voices
            if voice.level == Level.A and voice.number % 2
        ),
        batch_size=2000,
    )
    VoiceCounter.objects.update_or_create(
        municipality=town,
        defaults={
            "last": size.first + size.voices,
            "last_interview": size.first + size.interviews,
        },
    )
    return voices


def _words(town: Municipality, size: Size, voices: Sequence[Voice], by: User) -> list[Theme]:
    """Three voices in five stand under a word."""
    words = Theme.objects.bulk_create(
        Theme(
            municipality=town,
            word=f"縁側{size.first + n}",
            definition="縁側に出て、通る人と話すこと。呼ばれなくても寄れるところ。" * 2,
            agreed_on=dt.date(2026, 9, 1),
        )
        for n in range(size.words)
    )
    places = words[:1] if size.heap else words
    Placement.objects.bulk_create(
        (
            Placement(
                municipality=town,
                theme=places[voice.number // 5 % len(places)],
                voice=voice,
                placed_by=by,
            )
            for voice in voices
            if voice.number % 5 < 3
        ),
        batch_size=2000,
    )
    return words


def _stories(
    town: Municipality, size: Size, words: Sequence[Theme], voices: Sequence[Voice]
) -> list[Story]:
    stories = Story.objects.bulk_create(
        Story(
            municipality=town,
            title=f"昼の縁側{size.first + n}",
            narrative="昼の大広間を開けます。" * 30,
        )
        for n in range(size.stories)
    )
    StoryTheme.objects.bulk_create(
        StoryTheme(municipality=town, story=story, theme=words[n % len(words)])
        for n, story in enumerate(stories)
    )
    lines = StoryLine.objects.bulk_create(
        StoryLine(municipality=town, story=story, section=section, text=f"畳を開ける{k}", order=k)
        for story in stories
        for section in Section
        for k in range(4)
    )
    Citation.objects.bulk_create(
        Citation(municipality=town, line=line, voice=voices[(3 * n + k) % len(voices)], revision=1)
        for n, line in enumerate(lines)
        for k in range(min(3, len(voices)))
    )
    Step.objects.bulk_create(
        Step(
            municipality=town,
            story=story,
            what=f"会場を決める{k}",
            who="福祉課",
            due=dt.date(2026, 12, 1) + dt.timedelta(days=k),
        )
        for story in stories
        for k in range(3)
    )
    return stories
