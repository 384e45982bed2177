"""回収: an edition that was handed out with a voice whose consent no longer holds. Never stored:
asked of the voices as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dialogues.models import Voice
from regions.people.access import NotAllowed, Standing
from regions.people.acts import Act
from regions.people.texts import reader_here, strings
from stories.models import Edition, EditionQuote

from .rules import UNREAD, taken_back

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
    repeats: bool = False
    """What was typed for it repeats a voice that this person may not read today."""
    places: list[tuple[str, str, str]] = field(default_factory=list)
    """Of each quote to be taken out: where it stands on the paper, which voice, and why."""


def shown(editions: Iterable[Edition], standing: Standing) -> list[Shown]:
    """With `quotes__voice__stakeholder` fetched along, one query for any number of them."""
    rows = list(editions)
    printed = {quote.voice_id for edition in rows for quote in edition.quotes.all()}
    seen = set(
        Voice.objects.visible_to(standing.user).filter(pk__in=printed).values_list("pk", flat=True)
    )
    gone = Voice.everything.tombstones_for(standing.user).filter(pk__in=printed)
    named = seen | set(gone.values_list("pk", flat=True))
    return [_shown(edition, seen, named, standing) for edition in rows]


def _shown(edition: Edition, seen: set[int], named: set[int], standing: Standing) -> Shown:
    found = Shown(edition)
    for quote in edition.quotes.all():
        why = taken_back(quote.voice)
        found.to_recall = found.to_recall or bool(why)
        called = str(quote.voice) if quote.voice_id in named else UNREAD
        if why:
            page = f"{quote.page}頁の{quote}" if quote.page else str(quote)
            found.places.append((page, called, why))
        if why and quote.voice_id in named:
            found.reasons.append(f"{quote}（{quote.voice}）は、{why}。")
        if quote.voice_id in seen:
            found.quotes.append(quote)
        elif quote.voice_id not in named:
            found.hidden += 1
    found.may_open = not found.to_recall or any(standing.can(act) for act in MAY_OPEN)
    found.repeats = _repeats(edition)
    found.may_open = found.may_open and not found.repeats
    return found


def _repeats(edition: Edition) -> bool:
    """Of one that was issued before it was kept what was typed, what its story told is asked."""
    reader = reader_here()
    text = "\0".join(strings([edition.title, edition.printed, edition.told]))
    return reader is not None and reader.may_not_read(text, edition.municipality_id)


def check_open(edition: Edition, standing: Standing) -> Shown:
    [found] = shown([edition], standing)
    if found.repeats:
        raise NotAllowed(
            "いまは読めない声と同じ言い回しが載っている版です。PDFを開けるのは、町の担当者と確認者だけです。"
        )
    if not found.may_open:
        raise NotAllowed(
            "回収が要る版です。載っている声の同意が変わりました。PDFを開けるのは、町の担当者と確認者だけです。"
        )
    return found
