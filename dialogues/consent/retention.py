"""保存の期間: how long each kind of record is kept, what reaches its end, and what follows.

Years run from 1 April of the fiscal year after the record was made. Nothing goes by itself: the
checker confirms each year's list, and the clock carries out what was confirmed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from dialogues.models import (
    Disposal,
    Erasure,
    Gone,
    Interview,
    Kept,
    RetentionTerm,
    Transcript,
    TranscriptState,
    Voice,
)
from regions.models import Municipality, User
from regions.office.dates import fiscal_year
from regions.people.access import NotAllowed

from .erasing import erase

YEARS = {Kept.VOICES: 5, Kept.CONTACTS: 1, Kept.PAPERS: 10}
DAYS = {Kept.AUDIO: 90}
LONGEST_EXTENSION = 10


@dataclass(frozen=True)
class Item:
    """One thing that is kept as a whole: an interview with its voices, an edition."""

    kind: Kept
    subject: int
    label: str
    url: str
    made_on: dt.date


Keeping = Callable[[Municipality], Iterator[Item]]
Discarding = Callable[[Municipality, int, User], None]
KEEPINGS: dict[Kept, Keeping] = {}
DISCARDINGS: dict[Kept, list[Discarding]] = {}


def keeps(kind: Kept) -> Callable[[Keeping], Keeping]:
    """Decorator. Gives everything of the kind that a town still has."""

    def register(keeping: Keeping) -> Keeping:
        KEEPINGS[kind] = keeping
        return keeping

    return register


def discards(kind: Kept) -> Callable[[Discarding], Discarding]:
    """Decorator. Does away with one thing (its id), or with what a room keeps of it; run by the
    clock, safe to run twice. A kind without one is thrown away by people, and only decided on
    here."""

    def register(discarding: Discarding) -> Discarding:
        DISCARDINGS.setdefault(kind, []).append(discarding)
        return discarding

    return register


def term_of(town: Municipality, kind: Kept) -> RetentionTerm:
    """The town's own, or what is usual; that one isn't saved."""
    own = RetentionTerm.objects.of(town).filter(kind=kind).first()
    usual = RetentionTerm(municipality=town, kind=kind, years=YEARS.get(kind), days=DAYS.get(kind))
    return own or usual


def due_on(term: RetentionTerm, made_on: dt.date) -> dt.date:
    """The first day on which it may be thrown away."""
    if term.days is not None:
        return made_on + dt.timedelta(days=term.days + 1)
    return dt.date(fiscal_year(made_on) + 1 + (term.years or 0), 4, 1)


@dataclass(frozen=True)
class Due:
    item: Item
    due_on: dt.date
    decided: Disposal | None

    @property
    def last_day(self) -> dt.date:
        return self.due_on - dt.timedelta(days=1)


def due(town: Municipality, until: dt.date) -> dict[Kept, list[Due]]:
    """What may be thrown away by that day, as extended, with what was decided."""
    found: dict[Kept, list[Due]] = {}
    for kind, keeping in KEEPINGS.items():
        term = term_of(town, kind)
        newest: dict[int, Disposal] = {}
        for row in Disposal.objects.of(town).filter(kind=kind).select_related("decided_by"):
            newest.setdefault(row.subject, row)
        rows = []
        for item in keeping(town):
            decided = newest.get(item.subject)
            day = due_on(term, item.made_on)
            if decided and decided.until:
                day = max(day, decided.until)
            if decided and decided.due_on != day:
                # Decided on for an earlier end than the one it has now.
                decided = None
            if day <= until:
                rows.append(Due(item, day, decided))
        if rows:
            found[kind] = sorted(rows, key=lambda row: (row.due_on, row.item.subject))
    return found


@transaction.atomic
def decide(
    town: Municipality,
    rows: list[Due],
    *,
    decision: str,
    by: User,
    reason: str = "",
    years: int = 0,
) -> None:
    extended = decision == Disposal.Decision.EXTEND
    if extended and not (reason.strip() and 0 < years <= LONGEST_EXTENSION):
        raise NotAllowed("延ばすときは、理由と年数を書いてください。")
    for row in rows:
        Disposal.objects.create(
            municipality=town,
            kind=row.item.kind,
            subject=row.item.subject,
            due_on=row.due_on,
            decision=decision,
            until=row.due_on.replace(year=row.due_on.year + years) if extended else None,
            reason=reason.strip() if extended else "",
            decided_by=by,
        )


def carry_out(town: Municipality, today: dt.date) -> int:
    """Throws away what was confirmed and has reached its end. Within `clock()`."""
    done = 0
    for kind, rows in due(town, today).items():
        for row in rows if kind in DISCARDINGS else ():
            if row.decided and row.decided.decision == Disposal.Decision.DISCARD:
                discard(town, kind, row.item.subject, row.decided.decided_by)
                done += 1
    return done


def discard(town: Municipality, kind: Kept, subject: int, by: User) -> None:
    for discarding in DISCARDINGS[kind]:
        discarding(town, subject, by)


@keeps(Kept.VOICES)
def interviews(town: Municipality) -> Iterator[Item]:
    """With voices, or with a transcript that was kept although no voice was made of it. A
    transcript that is still being marked goes on a day of its own."""
    left = Voice.everything.of(town).exclude(gone_as=Gone.ERASED).values("interview")
    kept = Transcript.objects.of(town).filter(state=TranscriptState.KEPT)
    there = Q(pk__in=left) | Q(pk__in=kept.values("interview"))
    for heard in Interview.objects.of(town).filter(there).order_by("date", "pk"):
        count = Voice.objects.of(town).filter(interview=heard).count()
        texts = kept.filter(interview=heard).count()
        url = reverse("interview", args=[town.code, heard.pk])
        what = f"声{count}件・文字起こし{texts}件" if texts else f"声{count}件"
        label = f"{heard.label}　{heard.place}での聴き取り（{what}）"
        yield Item(Kept.VOICES, heard.pk, label, url, heard.date)


@discards(Kept.VOICES)
def erase_interview(town: Municipality, subject: int, by: User) -> None:
    voices = Voice.everything.of(town).filter(interview=subject).exclude(gone_as=Gone.ERASED)
    for voice in voices.select_related("municipality").order_by("pk"):
        erase(voice, why=Erasure.Why.TERM, by=by)
