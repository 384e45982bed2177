"""The texts of this floor that may repeat a voice's words."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from dialogues.consent.repeating import Place, holds_texts
from regions.models import Municipality
from stories.models import Brief, Story
from stories.paper.forms import COMMUNITY_FIELDS, COUNCIL_FIELDS

OF_A_BRIEF = ("title", "footer", *COUNCIL_FIELDS, *COMMUNITY_FIELDS)


@holds_texts
def of_stories(town: Municipality) -> Iterator[tuple[Place, str]]:
    rows = Story.objects.of(town).prefetch_related("lines", "steps", "persuasions", "notes")
    for story in rows:
        texts = [
            story.title,
            story.narrative,
            story.measures,
            *(line.text for line in story.lines.all()),
            *(step.what for step in story.steps.all()),
            *(
                text
                for each in story.persuasions.all()
                for text in (each.value, each.message, each.concern, each.answer, each.result)
            ),
            *(text for note in story.notes.all() for text in (note.text, note.answer)),
        ]
        place = Place(f"物語「{story.title}」", reverse("story", args=[town.code, story.pk]))
        yield place, "\0".join(texts)


@holds_texts
def of_briefs(town: Municipality) -> Iterator[tuple[Place, str]]:
    for brief in Brief.objects.of(town):
        place = Place(f"資料「{brief.title}」", reverse("brief", args=[town.code, brief.pk]))
        yield place, "\0".join(getattr(brief, name) for name in OF_A_BRIEF)
