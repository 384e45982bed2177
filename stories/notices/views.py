"""その後のお知らせ: who has not been told yet, the slips to print, and that they were handed over."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dialogues.models import Voice
from regions.models import Reading
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from stories.models import Notice

from . import slips as rules
from .forms import NoticeForm
from .slips import State

TABS = {
    "waiting": ("お知らせする方", {State.WAITING, State.MORE}),
    "told": ("お知らせした方", {State.TOLD}),
    "nothing": ("確認ずみの声がまだない方", {State.NOTHING}),
}


@town_page(Act.HEAR)
def notices(request: TownRequest) -> HttpResponse:
    found = rules.slips(request.town, reader=request.user)
    show = request.GET.get("show", "")
    show = show if show in TABS else "waiting"
    context = {
        "tabs": [
            (key, label, sum(slip.state in states for slip in found))
            for key, (label, states) in TABS.items()
        ],
        "show": show,
        "rows": [slip for slip in found if slip.state in TABS[show][1]],
        "anybody": bool(found),
        "unknown": Voice.objects.of(request.town).filter(Q(speaker=None)).count(),
    }
    return render(request, "stories/notices.html", context)


@town_page(Act.HEAR)
def notice_slips(request: TownRequest) -> HttpResponse:
    """The slips of those chosen, two to a sheet; sent, it records that they were told."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = [int(pk) for pk in asked.getlist("speaker") if pk.isdecimal() and len(pk) < 10]
    found = rules.slips(request.town, reader=request.user, speakers=chosen)
    shown = [slip for slip in found if slip.lines]
    if not shown:
        messages.warning(request, "お知らせをつくる方を選んでください。")
        return redirect("notices", code=request.town.code)
    form = NoticeForm(request.POST or None, instance=Notice(), town=request.town)
    if request.method == "POST" and form.is_valid():
        n = rules.record(shown, by=request.user, **form.cleaned_data)
        messages.success(request, f"{n}名の方にお知らせしたことを記録しました。")
        return redirect("notices", code=request.town.code)
    read = [voice for slip in shown for voice in slip.shared]
    note_reading(
        request, Reading.Kind.SHARED, what="その後のお知らせ", voices=read, how=Reading.How.PRINT
    )
    return render(request, "stories/notice_slips.html", {"slips": shown, "form": form})
