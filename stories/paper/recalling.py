"""回収: the list of papers that have to come back, and how many did."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from regions.models import Reading
from regions.office.forms import TownForm
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from stories.models import Edition, Recall

from .recall import shown


class RecallForm(TownForm):
    class Meta(TownForm.Meta):
        model = Recall
        fields = ("copies", "returned", "replaced", "note")
        error_messages = {
            name: {
                "invalid": "部数を数字で入力してください。",
                "min_value": "0以上の数で入力してください。",
            }
            for name in ("copies", "returned")
        }


def _editions(request: TownRequest) -> Any:
    seen = Edition.objects.visible_to(request.user).of(request.town).defer("pdf")
    return seen.select_related("brief").prefetch_related("quotes__voice__stakeholder")


@town_page(Act.SEE_BRIEFS)
def recalls(request: TownRequest) -> HttpResponse:
    """Each edition with where on the paper the voice stands, for whoever goes and collects it."""
    editions = _editions(request).to_recall().order_by("date", "pk")
    counts = {
        row.edition_id: row
        for row in Recall.objects.visible_to(request.user).filter(edition__in=editions)
    }
    rows = [(each, counts.get(each.edition.pk)) for each in shown(editions, request.standing)]
    may_edit = request.standing.can(Act.PREPARE_BRIEF)
    note_reading(request, Reading.Kind.EDITION, what="回収する紙")
    return render(request, "stories/recalls.html", {"rows": rows, "may_edit": may_edit})


@town_page(Act.PREPARE_BRIEF)
def recall(request: TownRequest, pk: int) -> HttpResponse:
    """回収した部数."""
    edition = get_object_or_404(_editions(request), pk=pk)
    edition.brief.check_edit(request.standing)
    row = Recall.objects.editable_by(request.user).filter(edition=edition).first()
    form = RecallForm(
        request.POST or None, instance=row or Recall(edition=edition), town=request.town
    )
    back = reverse("recalls", args=[request.town.code])
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "回収のようすを保存しました。")
        return redirect(back)
    title = f"「{edition}」の回収"
    return render(request, "ui/edit.html", {"form": form, "title": title, "back": back})
