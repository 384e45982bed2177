"""回収: an edition that was handed out with a voice whose consent no longer holds. Never stored:
asked of the voices as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dialogues.models import Voice
from regions.people.access import NotAllowed, Standing
from regions.people.acts import Act
from stories.models import Edition, EditionQuote

from .rules import taken_back

MAY_OPEN = (Act.APPROVE_BRIEF, Act.PREPARE_COUNCIL_BRIEF)
"""Those who see to the recall still need the paper itself."""


@dataclass
class Shown:
    """One edition as one person may read it."""

    edition: Edition
    quotes: list[EditionQuote] = field(default_factory=list)
    hidden: int = 0
    reasons: list[str] = field(default_factory=list)
    to_recall: bool = False
    may_open: bool = True


def shown(editions: Iterable[Edition], standing: Standing) -> list[Shown]:
    """With `quotes__voice__stakeholder` fetched along, one query for any number of them."""
    rows = list(editions)
    printed = {quote.voice_id for edition in rows for quote in edition.quotes.all()}
    seen = set(
        Voice.objects.visible_to(standing.user).filter(pk__in=printed).values_list("pk", flat=True)
    )
    return [_shown(edition, seen, standing) for edition in rows]


def _shown(edition: Edition, seen: set[int], standing: Standing) -> Shown:
    found = Shown(edition)
    for quote in edition.quotes.all():
        why = taken_back(quote.voice)
        found.to_recall = found.to_recall or bool(why)
        if quote.voice_id not in seen:
            found.hidden += 1
            continue
        found.quotes.append(quote)
        if why:
            found.reasons.append(f"{quote}（{quote.voice}）は、{why}。")
    found.may_open = not found.to_recall or any(standing.can(act) for act in MAY_OPEN)
    return found


def check_open(edition: Edition, standing: Standing) -> None:
    [found] = shown([edition], standing)
    if not found.may_open:
        raise NotAllowed(
            "回収が要る版です。載っている声の同意が変わりました。PDFを開けるのは、町の担当者と確認者だけです。"
        )
