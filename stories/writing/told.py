"""What a story tells at one moment, and what of it was handed out: all that the nation reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from dialogues.models import Theme
from dialogues.models.themes import OUTSIDE_NEEDS_SPEAKERS
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


@dataclass(frozen=True)
class Issued:
    """A story as its newest edition told it."""

    story: int
    edition: Edition

    @property
    def title(self) -> str:
        return self.edition.told.get("title") or self.edition.title

    @property
    def narrative(self) -> str:
        return self.edition.told.get("narrative", "")

    @property
    def words(self) -> list[dict[str, str]]:
        return self.edition.told.get("words", [])

    @property
    def services(self) -> list[dict[str, Any]]:
        return self.edition.told.get("services", [])


def issued(stories: QuerySet[Story]) -> list[Issued]:
    """The given stories as they were handed out last; those that never were are left out."""
    newest = (
        Edition.objects.filter(brief__story__in=stories.values("pk"))
        .order_by("brief__story_id", "-created_at", "-id")
        .distinct("brief__story_id")
        .select_related("brief")
        .only("created_at", "title", "told", "brief__story")
    )
    return [Issued(edition.brief.story_id, edition) for edition in newest]
