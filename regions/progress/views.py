from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from regions.models import Phase, Prefecture, SupportEvent
from regions.models.places import MunicipalityQuerySet
from regions.people.access import NotAllowed, refusal, towns_where
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.locks import doors
from regions.people.scope import PersonRequest

from .signs import TownProgress, progress_of

QUIET_DAYS = 30


@dataclass
class Row:
    progress: TownProgress
    supported: bool
    next_event: SupportEvent | None
    quiet: bool
    """No movement for 30 days: a reason to telephone, not a mark."""


@at_most(60)
def overview(request: PersonRequest) -> HttpResponse:
    """一覧: the towns one walks alongside, in the order of their codes."""
    mine = towns_where(request.user, Act.OVERVIEW)
    if not mine.exists():
        raise NotAllowed(refusal(Act.OVERVIEW))
    with doors.across(request.user, Act.OVERVIEW):
        return _overview(request, mine)


def _overview(request: PersonRequest, mine: MunicipalityQuerySet) -> HttpResponse:
    show = request.GET.get("show", "")
    chosen = request.GET.get("prefecture", "")
    towns = mine.filter(prefecture__code=chosen) if chosen.isdecimal() else mine
    rows = rows_of(towns, everything=show == "all")
    if show == "quiet":
        rows = [row for row in rows if row.quiet]
    grouped: dict[Prefecture, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.progress.town.prefecture].append(row)
    real = mine.real()
    context = {
        "groups": list(grouped.items()),
        "phases": list(Phase),
        "show": show,
        "chosen": chosen,
        "prefectures": Prefecture.objects.filter(municipalities__in=mine).distinct(),
        "quiet_days": QUIET_DAYS,
        "town_count": real.count(),
        "supported_count": real.supported().count(),
        "fictional": mine.filter(is_fictional=True).exists(),
    }
    return render(request, "regions/overview.html", context)


def rows_of(towns, *, everything: bool) -> list[Row]:
    """Towns at work (a support round this year, or any row of theirs moved), or every one."""
    now = timezone.now()
    ids = set(towns.supported().values_list("pk", flat=True))
    upcoming: dict[int, SupportEvent] = {}
    events = SupportEvent.objects.filter(
        municipality__in=towns, done=False, date__gte=timezone.localdate()
    )
    for event in events.order_by("-date", "-id"):
        upcoming[event.municipality_id] = event
    rows = []
    for pk, progress in progress_of(towns.select_related("prefecture__bureau")).items():
        if not (everything or pk in ids or progress.last_moved):
            continue
        moved = progress.last_moved
        quiet = moved is not None and now - moved > dt.timedelta(days=QUIET_DAYS)
        rows.append(Row(progress, pk in ids, upcoming.get(pk), quiet))
    return rows
