"""What a story tells at one moment, and what of it was handed out: all that the nation reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from dialogues.consent.sharing import repeated, unquotable
from dialogues.models import Theme, Voice
from dialogues.models.themes import OUTSIDE_NEEDS_SPEAKERS
from regions.models import Municipality
from regions.people.locks.doors import whole_town
from regions.people.texts import NOTICE, Reader, reader_here
from stories.models import Edition, Story


def told_now(story: Story) -> dict[str, Any]:
    """For the edition being recorded. Words behind which too few people stand stay in the town."""
    words = Theme.objects.with_counts().filter(
        pk__in=story.story_themes.values("theme"),
        speaker_count__gte=OUTSIDE_NEEDS_SPEAKERS,
        closed=False,
    )
    return {
        "title": story.title,
        "narrative": story.narrative.strip(),
        "words": [{"word": each.word, "definition": each.definition.strip()} for each in words],
        "services": [
            {
                "name": link.service.name,
                "program": link.service.program,
                "version": link.service.version,
                "primary": link.primary,
                "use": link.use,
            }
            for link in story.services.select_related("service")
        ],
    }


def text_told(story: Story) -> str:
    """All of it that was written here, for whoever asks what it repeats."""
    told = told_now(story)
    words = (f"{each['word']}\n{each['definition']}" for each in told["words"])
    return "\n".join([told["title"], told["narrative"], *words])


RECALLED = "（資料を回収しています）"


@dataclass(frozen=True)
class Issued:
    """A story as those read it who read only what was handed out: what its newest edition told,
    as far as that may be read today."""

    story: int
    at: dt.datetime
    title: str
    narrative: str = ""
    words: list[dict[str, str]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    recalled: bool = False


def issued(stories: QuerySet[Story], town: Municipality) -> list[Issued]:
    """The given stories as they were handed out last; those that never were are left out. The
    application reads the whole town for it: those who see the outcome may not."""
    reader = reader_here()
    ids = list(stories.values_list("pk", flat=True))
    with whole_town(town.pk):
        newest = list(
            Edition.objects.filter(municipality=town, brief__story__in=ids)
            .order_by("brief__story_id", "-created_at", "-id")
            .distinct("brief__story_id")
            .select_related("brief__story")
            .defer("pdf")
        )
        recalled = Edition.objects.filter(pk__in=[each.pk for each in newest]).to_recall()
        back = set(recalled.values_list("pk", flat=True))
        found = [_issued(each, Today(each, reader, recalled=each.pk in back)) for each in newest]
    return found


class Today:
    """What of an edition's texts may be shown today. The edition's own words; where the paper is
    called back or they repeat a voice that may not be read, the town's present ones, if they are
    mended; or else a notice."""

    def __init__(self, edition: Edition, reader: Reader | None, *, recalled: bool) -> None:
        self.edition, self.reader, self.recalled = edition, reader, recalled

    @cached_property
    def now(self) -> dict[str, Any]:
        return told_now(self.edition.brief.story)

    @cached_property
    def unquotable(self) -> list[Voice]:
        return unquotable(self.edition.municipality)

    def text(self, told: str, now: Callable[[], str]) -> str:
        if not self.recalled and not self._hides(told):
            return told
        present = now()
        if present and present != told and not self._hides(present) and self._clean(present):
            return present
        return RECALLED if self.recalled else NOTICE

    def _hides(self, text: str) -> bool:
        town = self.edition.municipality_id
        return self.reader is None or self.reader.may_not_read(text, town)

    def _clean(self, now: str) -> bool:
        """What the town wrote since was checked when it was saved; this is asked once more of
        voices that were lowered before there was such a check."""
        return not repeated(self.unquotable, now)


def _issued(edition: Edition, today: Today) -> Issued:
    told = edition.told
    made = Issued(
        edition.brief.story_id,
        edition.created_at,
        today.text(
            told.get("title") or edition.title,
            lambda: today.now["title"] if told or today.recalled else "",
        ),
        today.text(told.get("narrative", ""), lambda: today.now["narrative"]),
        recalled=today.recalled,
    )
    if today.recalled:
        return made
    return replace(
        made,
        words=[
            {
                "word": today.text(each["word"], lambda: ""),
                "definition": today.text(
                    each["definition"], lambda each=each: _definition_now(today, each["word"])
                ),
            }
            for each in told.get("words", [])
        ],
        services=[
            link | {"use": today.text(link["use"], lambda link=link: _use_now(today, link))}
            for link in told.get("services", [])
        ],
    )


def _definition_now(today: Today, word: str) -> str:
    return next((each["definition"] for each in today.now["words"] if each["word"] == word), "")


def _use_now(today: Today, link: dict[str, Any]) -> str:
    same = (each["use"] for each in today.now["services"] if each["name"] == link["name"])
    return next(same, "")
