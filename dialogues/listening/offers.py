"""できる・やりたい: what people said they can or want to do, as a list of those who may take part."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Case, When
from django.http import HttpResponse
from django.shortcuts import render

from dialogues.models import Prompt
from regions.models import Reading
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from stakeholders.models import Sector

from .reading import ANY, PER_PAGE
from .views import voices_seen

SECTORS = Case(
    *(When(stakeholder__sector=sector, then=n) for n, sector in enumerate(Sector.values))
)
"""In the deck's order."""


class OfferFilter(forms.Form):
    sector = forms.ChoiceField(label="分野", choices=[ANY, *Sector.choices], required=False)
    place = forms.ChoiceField(label="聴いた場所", required=False)

    def __init__(self, *args: Any, places: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [ANY, *((place, place) for place in places)]  # type: ignore[attr-defined]

    def narrow(self, voices: Any) -> Any:
        self.is_valid()
        if sector := self.cleaned_data.get("sector"):
            voices = voices.filter(stakeholder__sector=sector)
        if place := self.cleaned_data.get("place"):
            voices = voices.filter(interview__place=place)
        return voices


@town_page(Act.READ_A)
def offers(request: TownRequest) -> HttpResponse:
    """By sector in the deck's order, then by place: as one would go and ask."""
    everything = voices_seen(request).filter(prompt=Prompt.CAN).select_related("placement__theme")
    may_approach = request.standing.can(Act.SEE_APPROACH)
    if may_approach:
        everything = everything.select_related("stakeholder__approach")
    places = sorted(everything.order_by().values_list("interview__place", flat=True).distinct())
    asked = OfferFilter(request.GET, places=places)
    rows = asked.narrow(everything).order_by(SECTORS, "interview__place", "number")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    sectors = [
        (Sector(sector).label, list(voices))
        for sector, voices in groupby(page, key=lambda v: v.stakeholder.sector)
    ]
    context = {"sectors": sectors, "page": page, "filter": asked, "total": everything.count()}
    context["may_approach"] = may_approach
    note_reading(
        request, Reading.Kind.VOICES, what="できる・やりたい", voices=[row.pk for row in page]
    )
    return render(request, "dialogues/offers.html", context)
