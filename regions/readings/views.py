"""誰が読んだか: the 管理者 sees all that was read in the town, everyone else what he read himself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from regions.models import Reading, Role, User
from regions.models.readings import ReadingQuerySet
from regions.office.dates import fiscal_year
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

PER_PAGE = 50
ANY = ("", "すべて")
PERIODS = [("1", "きょう"), ("7", "この7日"), ("30", "この30日"), ("year", "今年度"), ANY]
USUAL = "30"


class ReadingFilter(forms.Form):
    """A value that isn't offered is as none."""

    person = forms.ChoiceField(label="読んだ方", required=False)
    kind = forms.ChoiceField(
        label="読んだもの", choices=[ANY, *Reading.Kind.choices], required=False
    )
    period = forms.ChoiceField(label="いつ", choices=PERIODS, required=False)

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [ANY, *((str(person.pk), person.name) for person in people)]
        self.fields["person"].choices = chosen  # type: ignore[attr-defined]

    def narrow(self, readings: ReadingQuerySet) -> ReadingQuerySet:
        self.is_valid()
        chosen = self.cleaned_data
        if person := chosen.get("person"):
            readings = readings.filter(by=person)
        if kind := chosen.get("kind"):
            readings = readings.filter(kind=kind)
        if since := _begins(chosen.get("period", USUAL)):
            readings = readings.filter(created_at__gte=since)
        return readings

    @property
    def narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("person", "kind"))


def _begins(period: str) -> dt.datetime | None:
    if not period:
        return None
    today = timezone.localdate()
    day = (
        dt.date(fiscal_year(), 4, 1)
        if period == "year"
        else today - dt.timedelta(days=int(period) - 1)
    )
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


@dataclass(frozen=True)
class Reader:
    """What one person from outside read, all together."""

    name: str
    role: str
    times: int
    newest: dt.datetime


def _outside(readings: ReadingQuerySet) -> list[Reader]:
    told = readings.from_outside().order_by().values_list("by__name", "role")
    summed = told.annotate(times=Count("pk"), newest=Max("created_at")).order_by("-newest")
    return [Reader(name, Role(role).label, times, newest) for name, role, times, newest in summed]


@town_page(Act.SEE_READINGS, Act.SEE_OWN_READINGS)
def readers(request: TownRequest) -> HttpResponse:
    seen = Reading.objects.visible_to(request.user).of(request.town)
    voice = request.GET.get("voice", "")
    voice = voice if voice.isdecimal() and len(voice) < 18 else ""
    if voice:
        seen = seen.of_voice(int(voice))
    everybody = request.standing.can(Act.SEE_READINGS)
    people = User.objects.filter(pk__in=seen.order_by().values("by")).order_by("name")
    typed = request.GET.copy()
    # One voice's readers are wanted from its beginning, the town's from the last days.
    typed.setdefault("period", "" if voice else USUAL)
    asked = ReadingFilter(typed, people=list(people) if everybody else [])
    rows = asked.narrow(seen)
    page = Paginator(rows.select_related("by"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": asked,
        "page": page,
        "outside": _outside(rows) if everybody else [],
        "everybody": everybody,
        "voice": voice,
        "usual": PERIODS[2][1],
    }
    return render(request, "regions/readers.html", context)
