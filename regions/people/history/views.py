from __future__ import annotations

import datetime as dt

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from regions.models import HistoryDigest, Reading
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading

from .entries import told
from .kinds import KINDS
from .reading import events_of

PER_PAGE = 20
NEWEST = 5
DAYS_SHOWN = 92


@town_page(Act.SEE_HISTORY, Act.EDIT_OWN_BODY)
def history(request: TownRequest, kind: str, pk: int) -> HttpResponse:
    """Everything that was done to one thing; the newest few for the foot of its own page."""
    if kind not in KINDS:
        raise Http404
    found = KINDS[kind]
    thing = get_object_or_404(found.model.objects.visible_to(request.user).of(request.town), pk=pk)
    found.check(request.standing, thing)
    entries = told(found, thing, request.standing, events_of(found, thing))
    if found.voices:
        note_reading(request, Reading.Kind.HISTORY, what=str(thing), voices=found.voices(thing))
    context = {"kind": found, "thing": thing, "back": found.page(thing)}
    if request.htmx:
        context |= {"entries": entries[:NEWEST], "more": len(entries) > NEWEST}
        return render(request, "regions/_history.html", context)
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"page": page, "entries": page.object_list}
    return render(request, "regions/history.html", context)


@town_page(Act.SEE_HISTORY)
def digests(request: TownRequest) -> HttpResponse:
    """記録の指紋 of the last months, one line a day, to be printed and filed."""
    seen = HistoryDigest.objects.visible_to(request.user).of(request.town)
    since = timezone.localdate() - dt.timedelta(days=DAYS_SHOWN)
    context = {
        "digests": seen.filter(date__gte=since),
        "older": seen.filter(date__lt=since).count(),
    }
    return render(request, "regions/digests.html", context)
