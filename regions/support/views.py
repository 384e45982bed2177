from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from regions.models import AdvisorNote, Handover, Portrait, SupportEvent, SupportRound
from regions.office.dates import fiscal_year, fiscal_year_label
from regions.people.acts import Act
from regions.people.history.restoring import restored
from regions.people.scope import TownRequest, town_page
from regions.progress.next_steps import next_steps
from regions.progress.signs import progress_of

from . import actions
from .forms import EventForm, PortraitForm, RoundForm, question, reply


@town_page(Act.SEE_TOWN)
def town(request: TownRequest) -> HttpResponse:
    """The town's home: where it stands on the road, and what comes next."""
    round = SupportRound.objects.of(request.town).filter(year=fiscal_year()).first()
    events = list(round.events.all()) if round else []
    today = timezone.localdate()
    context = {
        "portrait": Portrait.objects.of(request.town).first(),
        "round": round,
        "year_label": fiscal_year_label(fiscal_year()),
        "events": events,
        "next_event": next((e for e in events if not e.done and e.date >= today), None),
        "progress": progress_of([request.town])[request.town.pk],
        "next_steps": next_steps(request.standing),
        "handed_over": _handed_over(request) if request.standing.can(Act.SEE_ACCESS) else [],
        "notes": AdvisorNote.objects.visible_to(request.user).filter(round=round) if round else [],
    }
    return render(request, "regions/town.html", context)


def _handed_over(request: TownRequest) -> QuerySet[Handover]:
    """Notes to the person who takes over a desk."""
    seen = Handover.objects.visible_to(request.user).of(request.town)
    return seen.to_read(request.user).select_related("desk__user", "note_by")


@town_page(Act.EDIT_TOWN)
def edit_portrait(request: TownRequest) -> HttpResponse:
    portrait = Portrait.objects.of(request.town).first()
    form = PortraitForm(
        request.POST or None,
        instance=portrait,
        town=request.town,
        initial=restored(request, "portrait", portrait),
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "書きかえました。")
        return redirect("town", code=request.town.code)
    return _edit(request, form, "地域の今と、あるべき姿")


@town_page(Act.EDIT_TOWN)
def edit_round(request: TownRequest) -> HttpResponse:
    """This fiscal year's round, begun here where there is none yet."""
    year = fiscal_year()
    round = SupportRound.objects.of(request.town).filter(year=year).first()
    form = RoundForm(
        request.POST or None, instance=round or SupportRound(year=year), town=request.town
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "書きかえました。")
        return redirect("town", code=request.town.code)
    return _edit(request, form, f"{fiscal_year_label(year)}の支援")


@town_page(Act.EDIT_TOWN)
def add_event(request: TownRequest) -> HttpResponse:
    round = get_object_or_404(
        SupportRound.objects.editable_by(request.user).of(request.town), year=fiscal_year()
    )
    return _save_event(request, SupportEvent(round=round), "今年の流れに加える")


@town_page(Act.EDIT_TOWN)
def edit_event(request: TownRequest, pk: int) -> HttpResponse:
    events = SupportEvent.objects.editable_by(request.user).of(request.town)
    return _save_event(request, get_object_or_404(events, pk=pk), "今年の流れを書きかえる")


def _save_event(request: TownRequest, event: SupportEvent, title: str) -> HttpResponse:
    form = EventForm(
        request.POST or None,
        instance=event,
        town=request.town,
        initial=restored(request, "event", event),
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "保存しました。")
        return redirect("town", code=request.town.code)
    return _edit(request, form, title)


@town_page(Act.SEE_TOWN)
def event(request: TownRequest, pk: int) -> HttpResponse:
    events = SupportEvent.objects.visible_to(request.user).of(request.town)
    return render(request, "regions/event.html", {"event": get_object_or_404(events, pk=pk)})


@require_POST
@town_page(Act.ASK)
def ask(request: TownRequest) -> HttpResponse:
    rounds = SupportRound.objects.visible_to(request.user).of(request.town)
    round = get_object_or_404(rounds, year=fiscal_year())
    text = question(request.POST)
    actions.leave(AdvisorNote(round=round), by=request.standing, text=text)
    messages.success(request, "問いを残しました。町の方が、この場所で読みます。")
    return redirect("town", code=request.town.code)


@require_POST
@town_page(Act.ANSWER)
def answer(request: TownRequest, pk: int) -> HttpResponse:
    notes = AdvisorNote.objects.visible_to(request.user).of(request.town)
    note = get_object_or_404(notes, pk=pk)
    text = reply(request.POST)
    actions.answer(note, by=request.user, text=text)
    messages.success(request, "返事を残しました。")
    return redirect("town", code=request.town.code)


def _edit(request: TownRequest, form: object, title: str) -> HttpResponse:
    back = request.standing.town
    context = {"form": form, "title": title, "back": f"/m/{back.code}/"}
    return render(request, "ui/edit.html", context)
