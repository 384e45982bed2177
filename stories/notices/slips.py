"""その後のお知らせ: what became of what one speaker said, as it may be told on paper.

A slip repeats only what the checker approved, and only the speaker's own. What it says of words,
stories and papers is what is known in the town anyway.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from django.db import transaction
from django.db.models import Q

from dialogues.consent.sharing import shared_now
from dialogues.models import SharedVoice, Speaker, Theme, Voice
from regions.models import Municipality, User
from regions.office.dates import wareki
from stories.models import Citation, EditionQuote, Notice, Step, Story

NEWS = 3
"""So many finished steps are told; the rest would not fit beside the voices."""


class State(Enum):
    NOTHING = "確認ずみの声がまだない"
    WAITING = "まだお知らせしていない"
    MORE = "そのあとに動きがある"
    TOLD = "お知らせした"


@dataclass
class Slip:
    speaker: Speaker
    nth: int = 1
    """Of those who spoke in the interview. Tells slips apart without saying of which body one is."""
    voices: int = 0
    lines: list[str] = field(default_factory=list)
    """The approved texts, each without the marks of what was replaced."""
    words: list[str] = field(default_factory=list)
    stories: list[Story] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    """Ids of the voices whose texts are repeated."""
    last: Notice | None = None

    @property
    def mark(self) -> str:
        return f"{self.speaker.interview.label}-{self.nth}"

    @property
    def told(self) -> str:
        said = [self.lines, self.words, [s.title for s in self.stories], self.papers, self.steps]
        return hashlib.sha256(repr(said).encode()).hexdigest()

    @property
    def state(self) -> State:
        if not self.lines:
            return State.NOTHING
        if self.last is None:
            return State.WAITING
        return State.TOLD if self.last.told == self.told else State.MORE

    @property
    def to_tell(self) -> bool:
        return self.state in {State.WAITING, State.MORE}


def slips(town: Municipality, *, reader: User, speakers: Iterable[int] | None = None) -> list[Slip]:
    """One for each speaker who has a call-name and a voice, the newest talk first."""
    known = Speaker.objects.of(town).filter(voices__in=Voice.objects.of(town)).distinct()
    if speakers is not None:
        known = known.filter(pk__in=speakers)
    known = known.select_related("interview", "stakeholder").order_by(
        "-interview__date", "-interview", "stakeholder", "call_name"
    )
    found = {speaker.pk: Slip(speaker) for speaker in known}
    _number(found)
    speaker_of = {}
    for pk, speaker in (
        Voice.objects.of(town).filter(speaker__in=found).values_list("pk", "speaker")
    ):
        speaker_of[pk] = speaker
        found[speaker].voices += 1
    _tell_lines(found, speaker_of, reader)
    _tell_words(found, speaker_of, reader)
    _tell_papers(found, speaker_of, reader)
    notices = Notice.objects.of(town).filter(speaker__in=found).order_by("told_on", "pk")
    for notice in notices.select_related("recorded_by"):
        found[notice.speaker_id].last = notice
    return list(found.values())


def _number(found: Mapping[int, Slip]) -> None:
    there: dict[int, list[int]] = defaultdict(list)
    interviews = {slip.speaker.interview_id for slip in found.values()}
    everybody = Speaker.objects.filter(interview__in=interviews).order_by("pk")
    for pk, interview in everybody.values_list("pk", "interview"):
        there[interview].append(pk)
    for slip in found.values():
        slip.nth = there[slip.speaker.interview_id].index(slip.speaker.pk) + 1


def _tell_lines(found: Mapping[int, Slip], speaker_of: Mapping[int, int], reader: User) -> None:
    approved: Iterable[SharedVoice] = shared_now(reader).filter(voice__in=speaker_of)
    for shared in sorted(approved, key=lambda each: each.voice_id):
        slip = found[speaker_of[shared.voice_id]]
        slip.lines.append(shared.text.replace("［", "").replace("］", ""))
        slip.shared.append(shared.voice_id)


def _tell_words(found: Mapping[int, Slip], speaker_of: Mapping[int, int], reader: User) -> None:
    """The words that the voices came under, and the stories that rest on either."""
    words = Theme.objects.visible_to(reader).open().filter(placements__voice__in=speaker_of)
    for voice, word in words.order_by("pk").values_list("placements__voice", "word"):
        if voice in speaker_of:
            _once(found[speaker_of[voice]].words, word)
    seen = Story.objects.visible_to(reader)
    cited = Citation.objects.filter(voice__in=speaker_of, line__story__in=seen)
    through = seen.filter(themes__placements__voice__in=speaker_of)
    pairs = [
        *cited.values_list("voice", "line__story"),
        *through.values_list("themes__placements__voice", "pk"),
    ]
    stories = seen.in_bulk({story for _, story in pairs})
    done = Step.objects.filter(story__in=stories, done_on__isnull=False).order_by("-done_on")
    for voice, story in sorted(set(pairs)):
        if voice in speaker_of:
            _once(found[speaker_of[voice]].stories, stories[story])
    for slip in found.values():
        mine = [step for step in done if step.story_id in {story.pk for story in slip.stories}]
        slip.steps = [f"{_day(step.done_on)}　{step.what}" for step in mine[:NEWS]]


def _tell_papers(found: Mapping[int, Slip], speaker_of: Mapping[int, int], reader: User) -> None:
    printed = EditionQuote.objects.visible_to(reader).filter(voice__in=speaker_of)
    rows = printed.select_related("edition").defer("edition__pdf", "text").order_by("edition__date")
    for quote in rows:
        edition = quote.edition
        words = f"{_day(edition.date)}　{edition.meeting}の資料に載りました。"
        _once(found[speaker_of[quote.voice_id]].papers, words)


def _day(day: dt.date | None) -> str:
    return wareki(day, weekday=False) if day else ""


def _once(there: list, new: object) -> None:
    if new not in there:
        there.append(new)


@transaction.atomic
def record(slips: Iterable[Slip], *, told_on: dt.date, how: str, by: User) -> int:
    """That these speakers were told what their slips say now. How many that were."""
    told = [slip for slip in slips if slip.lines]
    for slip in told:
        Notice.objects.create(
            municipality_id=slip.speaker.municipality_id,
            speaker=slip.speaker,
            told_on=told_on,
            how=how,
            told=slip.told,
            recorded_by=by,
        )
    return len(told)


def printed_and_not_told(town: Municipality) -> int:
    """Speakers whose words stand on a paper that was handed out, and who have heard nothing."""
    quoted = EditionQuote.objects.of(town).filter(~Q(voice__speaker=None))
    there = quoted.filter(voice__in=Voice.objects.of(town), voice__speaker__notices=None)
    return there.values("voice__speaker").distinct().count()
