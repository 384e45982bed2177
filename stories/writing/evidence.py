"""What is offered as evidence for one line, and what of it was picked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.http import QueryDict

from dialogues.models import Voice
from regions.models import Municipality, User
from regions.office.japanese import fold
from stakeholders.models import Asset
from stories.models import StoryLine

MOST_OFFERED = 60


@dataclass
class Offer:
    typed: str
    voices: Sequence[Voice]
    assets: list[Asset]
    cited_voices: set[int]
    cited_assets: set[int]
    more: bool
    """Whether there are more voices than are shown; then a search narrows them."""


def offer(line: StoryLine, user: User, *, typed: str) -> Offer:
    """What is cited comes first, then the voices of the story's words, then the others."""
    cited_voices = {c.voice_id for c in line.citations.all() if c.voice_id}
    cited_assets = {c.asset_id for c in line.citations.all() if c.asset_id}
    words = line.story.story_themes.values("theme")
    seen = Voice.objects.visible_to(user).of(line.municipality)
    found = seen.filter(Q(pk__in=cited_voices) | Q(pk__in=seen.search(typed).values("pk")))
    ranked = found.select_related("stakeholder", "placement__theme").annotate(
        rank=Case(
            When(pk__in=cited_voices, then=Value(0)),
            When(placement__theme__in=words, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    )
    voices = list(ranked.order_by("rank", "number")[: MOST_OFFERED + 1])
    return Offer(
        typed,
        voices[:MOST_OFFERED],
        _assets(line, user, typed, cited_assets),
        cited_voices,
        cited_assets,
        more=len(voices) > MOST_OFFERED,
    )


def _assets(line: StoryLine, user: User, typed: str, cited: set[int]) -> list[Asset]:
    """The assets of the body that does it, those cited, and with a search those that match."""
    seen = Asset.objects.visible_to(user).of(line.municipality).select_related("stakeholder")
    folded = [fold(word) for word in typed.split()]
    return [
        asset
        for asset in seen.order_by("stakeholder__sector", "stakeholder", "kind", "order")
        if asset.pk in cited
        or (asset.stakeholder_id == line.who_id and not folded)
        or (line.who_id is None and not folded)
        or (folded and all(w in fold(asset.text + asset.stakeholder.name) for w in folded))
    ]


def chosen(typed: QueryDict, user: User, town: Municipality) -> dict[str, Any]:
    """The rows that were offered as cited, and those that are ticked now, of those this person may
    read. What someone else cited meanwhile is neither, and stays."""
    voices = Voice.objects.visible_to(user).of(town)
    assets = Asset.objects.visible_to(user).of(town)
    ticked_voices, ticked_assets = _ids(typed, "voice"), _ids(typed, "asset")
    offered_voices = list(voices.filter(pk__in=_ids(typed, "offered-voice") | ticked_voices))
    offered_assets = list(assets.filter(pk__in=_ids(typed, "offered-asset") | ticked_assets))
    return {
        "offered_voices": offered_voices,
        "offered_assets": offered_assets,
        "voices": [voice for voice in offered_voices if voice.pk in ticked_voices],
        "assets": [asset for asset in offered_assets if asset.pk in ticked_assets],
    }


def _ids(typed: QueryDict, name: str) -> set[int]:
    values = typed.getlist(name)
    return {int(value) for value in values if re.fullmatch(r"[0-9]{1,18}", value)}
