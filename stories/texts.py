"""Who reads the texts of stories and papers."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from regions.people.texts import MACHINE, Place, Reach, declare, excuse

from .models import (
    Brief,
    Edition,
    EditionQuote,
    Notice,
    Persuasion,
    Recall,
    Step,
    Story,
    StoryLine,
    StoryNote,
    StoryService,
)


def _story(story: Story) -> Place:
    return Place(
        f"物語「{story.title}」", reverse("story", args=[story.municipality.code, story.pk])
    )


def _of_story(row: Any) -> Place:
    return _story(row.story)


def _brief(brief: Brief) -> Place:
    return Place(
        f"資料「{brief.title}」", reverse("brief", args=[brief.municipality.code, brief.pk])
    )


declare(Story, "title", "status", "narrative", "measures", "plan_reference", place=_story)
declare(StoryService, "use", place=_of_story)
declare(StoryLine, "text", place=_of_story)
declare(
    Persuasion,
    *("who", "value", "message", "concern", "answer", "speaker", "result"),
    place=_of_story,
)
declare(Step, "what", "who", place=_of_story)
# Who asks from outside can repeat no more than he may read; what the town answers is checked.
declare(StoryNote, "text", place=_of_story, checked=False)
declare(StoryNote, "answer", place=_of_story)
# A paper is prepared by few and handed to everybody.
declare(
    Brief,
    *("title", "meeting", "doc_number", "department", "footer"),
    *("aim", "course", "content", "cost", "effect", "schedule", "to_decide"),
    place=_brief,
    readers=Reach.OUTSIDE,
)
declare(Brief, "approval_words", place=_brief)
declare(
    Edition,
    *("title", "meeting", "doc_number", "told", "printed"),
    place=lambda row: _brief(row.brief),
    readers=Reach.OUTSIDE,
    checked=False,
)
declare(Edition, "approval_words", place=lambda row: _brief(row.brief), checked=False)
declare(
    Recall,
    "note",
    place=lambda row: Place("回収する紙の一覧", reverse("recalls", args=[row.municipality.code])),
)

excuse(Brief, MACHINE, "to_check", "approved_fingerprint")
excuse(Edition, MACHINE, "file_name", "sha256")
excuse(EditionQuote, "the voice itself, as it was printed: shown to who may read it", "text")
excuse(EditionQuote, MACHINE, "public_label")
excuse(Notice, MACHINE, "told")
excuse(StoryNote, "the post of who wrote it", "author_post")
