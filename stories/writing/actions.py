"""Verbs that touch a story and its rows together."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from dialogues.models import Theme, Voice
from stakeholders.models import Asset
from stories.models import (
    Citation,
    Persuasion,
    Service,
    Step,
    Story,
    StoryLine,
    StoryService,
    StoryTheme,
)

Row = StoryLine | Persuasion | Step


@transaction.atomic
def save_story(story: Story, *, themes: Iterable[Theme]) -> Story:
    """Saves the story and makes the words it began from those given."""
    story.save()
    wanted = {theme.pk: theme for theme in themes}
    for link in story.story_themes.all():
        if wanted.pop(link.theme_id, None) is None:
            link.delete()
    for theme in wanted.values():
        StoryTheme.objects.create(municipality_id=story.municipality_id, story=story, theme=theme)
    return story


@transaction.atomic
def cite(
    line: StoryLine,
    *,
    voices: Iterable[Voice],
    assets: Iterable[Asset],
    offered_voices: Iterable[Voice],
    offered_assets: Iterable[Asset],
) -> None:
    """Of what was offered, exactly the given rest under the line; what was not offered stays.

    So nobody takes away a citation of a voice that he may not read. A citation that stays keeps
    the revision at which it was read.
    """
    chosen_voices = {voice.pk: voice for voice in voices}
    chosen_assets = {asset.pk: asset for asset in assets}
    offered_v = {voice.pk for voice in offered_voices}
    offered_a = {asset.pk for asset in offered_assets}
    for citation in line.citations.all():
        voice_id, asset_id = citation.voice_id, citation.asset_id
        if voice_id is not None:
            gone = chosen_voices.pop(voice_id, None) is None and voice_id in offered_v
        else:
            gone = chosen_assets.pop(asset_id or 0, None) is None and asset_id in offered_a
        if gone:
            citation.delete()
    for voice in chosen_voices.values():
        Citation.objects.create(
            municipality_id=line.municipality_id, line=line, voice=voice, revision=voice.revision
        )
    for asset in chosen_assets.values():
        Citation.objects.create(municipality_id=line.municipality_id, line=line, asset=asset)


def reread(citation: Citation, *, voice: Voice) -> None:
    """今の声で確かめた: the line still rests on the voice as it reads now."""
    citation.revision = voice.revision
    citation.save(update_fields=["revision", "updated_at"])


@transaction.atomic
def save_services(
    story: Story, *, primary: Service | None, supporting: Iterable[Service], uses: dict[int, str]
) -> None:
    """Makes the linked services those given. `uses`: {service id: what it is used for}."""
    wanted = {service.pk: service for service in supporting}
    if primary is not None:
        wanted[primary.pk] = primary
    there = {link.service_id: link for link in story.services.all()}
    for pk, link in there.items():
        if pk not in wanted:
            link.delete()
        elif link.primary and (primary is None or pk != primary.pk):
            # Before another becomes the primary one: a story has one at a time.
            link.primary = False
            link.save(update_fields=["primary", "updated_at"])
    for pk, service in wanted.items():
        link = there.get(pk) or StoryService(
            municipality_id=story.municipality_id, story=story, service=service
        )
        link.primary = primary is not None and pk == primary.pk
        if (use := uses.get(pk, "")) != link.use:
            link.use = use
        link.save()


def finish(step: Step) -> None:
    step.done_on = timezone.localdate()
    step.save(update_fields=["done_on", "updated_at"])


@transaction.atomic
def save_rows(story: Story, *, changed: Iterable[Row], gone: Iterable[Row]) -> None:
    """Writes rows of one story that were edited together; new ones come last."""
    for row in gone:
        row.delete()
    for row in changed:
        if row.pk is None:
            row.story = story
            if isinstance(row, StoryLine):
                row.order = _next_order(story, row.section)
        row.save()


def _next_order(story: Story, section: str) -> int:
    last = story.lines.filter(section=section).aggregate(last=Max("order"))["last"]
    return 0 if last is None else last + 1
