"""Pages of 保存の期間 and 消去."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from dialogues.models import Disposal, Erasure, Gone, Kept, RetentionTerm, Voice
from dialogues.models.recordings import MOST_DAYS
from regions.office.dates import fiscal_year
from regions.office.forms import ChecksTexts, TownForm
from regions.office.jobs import enqueue
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

from . import retention
from .jobs import ERASE


class TermForm(TownForm):
    class Meta(TownForm.Meta):
        model = RetentionTerm
        fields = ("years", "days")
        help_texts = {
            "years": "翌年度の4月1日から数えます。日で決めるときは、空にします。",
            "days": "記録した日から数えます。年で決めるときは、空にします。",
        }

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        longer = told.get("years") or (told.get("days") or 0) > MOST_DAYS
        if self.instance.kind == Kept.AUDIO and longer:
            raise ValidationError(f"録音は、録音した日から{MOST_DAYS}日より長くは預かれません。")
        return told


class DecisionForm(ChecksTexts, forms.Form):
    texts = {"reason": (Disposal, "reason")}

    decision = forms.ChoiceField(choices=Disposal.Decision)
    reason = forms.CharField(
        label="延ばす理由",
        max_length=200,
        required=False,
        help_text="延ばすときは、年数と理由の両方を書きます。",
    )
    years = forms.TypedChoiceField(
        label="延ばす年数",
        choices=[(n, f"{n}年") for n in (1, 3, 5, 10)],
        coerce=int,
        required=False,
    )

    def clean_years(self) -> int:
        return self.cleaned_data["years"] or 0


def _horizon() -> dt.date:
    """The coming 1 April: what ends with this fiscal year is on the list."""
    return dt.date(fiscal_year() + 1, 4, 1)


@town_page(Act.SEE_HISTORY)
def keeping(request: TownRequest) -> HttpResponse:
    """The terms of each kind, and the yearly list of what reaches its end."""
    may = request.standing.can(Act.SHARE)
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        request.standing.check(Act.SHARE)
        if form.is_valid() and _decided(request, form.cleaned_data):
            return redirect("retention", code=request.town.code)
    lists = retention.due(request.town, _horizon())
    context = {
        "terms": [(kind, retention.term_of(request.town, kind)) for kind in Kept],
        "lists": [(kind, rows, kind in retention.DISCARDINGS) for kind, rows in lists.items()],
        "horizon": _horizon() - dt.timedelta(days=1),
        "form": form,
        "may": may,
    }
    return render(request, "dialogues/retention.html", context)


def _decided(request: TownRequest, told: dict[str, Any]) -> bool:
    """What was ticked is one of what is on the list now, at the end it has now."""
    ticked = set(request.POST.getlist("item"))
    found = retention.due(request.town, _horizon())
    rows = [
        row
        for each in found.values()
        for row in each
        if f"{row.item.kind}:{row.item.subject}:{row.due_on}" in ticked
    ]
    try:
        if not rows:
            raise NotAllowed("一覧から選んでください。")
        retention.decide(request.town, rows, by=request.user, **told)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        return False
    words = dict(Disposal.Decision.choices)[told["decision"]]
    messages.success(request, f"{len(rows)}件を「{words}」と決めました。")
    return True


@town_page(Act.SHARE)
def term(request: TownRequest, kind: str) -> HttpResponse:
    if kind not in Kept.values:
        raise Http404
    own = RetentionTerm.objects.editable_by(request.user).of(request.town).filter(kind=kind).first()
    usual = retention.term_of(request.town, Kept(kind))
    form = TermForm(request.POST or None, instance=own or usual, town=request.town)
    back = reverse("retention", args=[request.town.code])
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "保存の期間を改めました。")
        return redirect(back)
    title = f"「{Kept(kind).label}」の保存の期間"
    return render(request, "ui/edit.html", {"form": form, "title": title, "back": back})


@town_page(Act.SHARE)
def erase_voice(request: TownRequest, number: int) -> HttpResponse:
    """消去 on request: of what was withdrawn or deleted already. The worker does it."""
    gone = Voice.everything.tombstones_for(request.user).of(request.town)
    voice = get_object_or_404(gone.exclude(gone_as__in=[Gone.PENDING, Gone.ERASED]), number=number)
    if request.method == "POST":
        payload = {"numbers": [voice.number]}
        job = enqueue(kind=ERASE, town=request.town, by=request.user, payload=payload)
        return redirect("job", code=request.town.code, pk=job.pk)
    return render(request, "dialogues/voice_erase.html", {"voice": voice})


@town_page(Act.SEE_HISTORY)
def erasures(request: TownRequest) -> HttpResponse:
    """消去の台帳 of the last year, to be printed and filed."""
    seen = Erasure.objects.visible_to(request.user).of(request.town).defer("rows")
    since = timezone.now() - dt.timedelta(days=366)
    rows = seen.filter(created_at__gte=since).select_related("by")
    return render(request, "dialogues/erasures.html", {"rows": rows})
