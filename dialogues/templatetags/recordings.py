"""What other pages show of an interview's recordings, where the town keeps any."""

from __future__ import annotations

from typing import Any

from django import template

from dialogues.models import Interview, Recording
from dialogues.models.recordings import kept_in_town
from dialogues.models.transcripts import check_heard

register = template.Library()


@register.inclusion_tag("dialogues/_player.html", takes_context=True)
def player(context: dict[str, Any], interview: Interview) -> dict[str, Any]:
    """A small player with keys of its own; nothing where there is nothing to be heard."""
    request = context["request"]
    found: list[Recording] = []
    if kept_in_town(request.town):
        mine = Recording.objects.visible_to(request.user).of(request.town)
        found = list(mine.filter(interview=interview, deleted_at__isnull=True))
    return {"recordings": found, "interview": interview, "code": request.town.code}


@register.simple_tag(takes_context=True)
def may_keep_recordings(context: dict[str, Any], interview: Interview) -> bool:
    request = context["request"]
    heard = request.standing.allows(lambda standing: check_heard(interview, standing))
    return heard and kept_in_town(request.town)


@register.simple_tag(takes_context=True)
def town_keeps_recordings(context: dict[str, Any]) -> bool:
    return kept_in_town(context["request"].town)
