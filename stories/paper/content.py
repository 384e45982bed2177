"""Everything that one paper will say, taken together from the brief, its story and the approved
texts of the voices. What is not in here isn't printed: no voice's number, no raw text, no name of
the body that a voice comes from.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch

from dialogues.models import Form, Level, Voice
from stories.models import Audience, Brief, BriefQuote, Purpose, Section

OWN_NUMBER = re.compile(r"^(?:[①-⑳・]|[0-9０-９]{1,2}[.．)）、])\s*")
MOST_QUOTES = {Audience.COUNCIL: 3, Audience.COMMUNITY: 5}

PURPOSE_LINES = {
    Purpose.REPORT: "取組の状況を報告するものである。",
    Purpose.DISCUSS: "取組の進め方について協議をお願いするものである。",
    Purpose.BILL: "議案としてお諮りするものである。",
}


@dataclass(frozen=True)
class Quote:
    """声1, 声2 … `voice` and `revision` belong to the fingerprint and are never printed."""

    number: int
    label: str
    text: str
    verbatim: bool
    voice: int
    revision: int


@dataclass(frozen=True)
class Content:
    audience: Audience
    town: str
    title: str
    meeting: str
    date: dt.date
    doc_number: str = ""
    department: str = ""
    purpose: str = Purpose.REPORT
    aim: str = ""
    course: str = ""
    content: str = ""
    cost: str = ""
    effect: str = ""
    schedule: str = ""
    steps: tuple[tuple[dt.date, str, str], ...] = ()
    quotes: tuple[Quote, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    narrative: str = ""
    can: tuple[tuple[str, str], ...] = ()
    to_decide: tuple[str, ...] = ()
    footer: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """What an approval holds for: it changes with every word that would be printed."""
        fields = json.dumps(dataclasses.asdict(self), ensure_ascii=False, default=str)
        return hashlib.sha256(fields.encode()).hexdigest()

    @property
    def is_council(self) -> bool:
        return self.audience == Audience.COUNCIL

    @property
    def purpose_label(self) -> str:
        return Purpose(self.purpose).label

    @property
    def purpose_line(self) -> str:
        return PURPOSE_LINES[Purpose(self.purpose)]

    @property
    def printed_text(self) -> str:
        """All that people typed for this paper, for looking through. The quotes are not in it."""
        typed = [
            self.title, self.meeting, self.department, self.aim, self.course, self.content,
            self.cost, self.effect, self.schedule, self.narrative, self.footer, *self.to_decide,
            *(part for step in self.steps for part in step[1:]),
            *(part for word in self.words for part in word),
            *(text for _, text in self.can),
        ]  # fmt: skip
        return "\n".join(typed)


def content_of(brief: Brief) -> Content:
    """Read anew from the database: what would be printed at this moment."""
    return contents_of([brief])[brief.pk]


def contents_of(briefs: Iterable[Brief]) -> dict[int, Content]:
    """{brief id: content}, with as many queries for one brief as for ten."""
    quotes = BriefQuote.objects.select_related("voice__stakeholder", "voice__shared")
    rows = (
        Brief.objects.filter(pk__in=[brief.pk for brief in briefs])
        .select_related("municipality", "story")
        .prefetch_related(
            Prefetch("quotes", quotes),
            "story__steps",
            "story__lines__who",
            "story__story_themes__theme",
        )
    )
    found = list(rows)
    quotable = set(
        Voice.objects.quotable().filter(brief_quotes__brief__in=found).values_list("pk", flat=True)
    )
    return {brief.pk: _content(brief, quotable) for brief in found}


def _content(brief: Brief, quotable: set[int]) -> Content:
    community = brief.audience == Audience.COMMUNITY
    story = brief.story
    own = {
        name: getattr(brief, name).strip()
        for name in ("aim", "course", "content", "cost", "effect", "schedule")
        if not community
    }
    return Content(
        audience=Audience(brief.audience),
        town=brief.municipality.name,
        title=brief.title,
        meeting=brief.meeting,
        date=brief.date,
        doc_number=brief.doc_number,
        department=brief.department,
        purpose=brief.purpose,
        steps=()
        if community or own["schedule"]
        else tuple((step.due, step.what, step.who) for step in story.steps.all()),
        quotes=tuple(
            _quote(number, quote.voice)
            for number, quote in enumerate(
                (quote for quote in brief.quotes.all() if quote.voice_id in quotable), start=1
            )
        ),
        words=tuple(
            (link.theme.word, link.theme.definition.strip()) for link in story.story_themes.all()
        )
        if community
        else (),
        narrative=story.narrative.strip() if community else "",
        can=tuple(
            (line.who.name if line.who else "", line.text)
            for line in story.lines.all()
            if line.section == Section.CAN
        )
        if community
        else (),
        to_decide=_items(brief.to_decide) if community else (),
        footer=brief.footer,
        **own,
    )


def _quote(number: int, voice: Voice) -> Quote:
    """Quotable means that there is an approved text of the words the voice has now, at level A."""
    shared = voice.shared
    if shared.level != Level.A or shared.revision != voice.revision:
        raise ValueError("a voice that may not be quoted got as far as the paper")
    return Quote(
        number=number,
        label=voice.stakeholder.public_label,
        text=shared.text.strip(),
        verbatim=voice.form == Form.VERBATIM,
        voice=voice.pk,
        revision=voice.revision,
    )


def _items(text: str) -> tuple[str, ...]:
    """One a line, without the number or the dot that people type before it: the paper numbers."""
    lines = (OWN_NUMBER.sub("", line.strip()) for line in text.splitlines())
    return tuple(line for line in lines if line)
