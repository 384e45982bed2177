from __future__ import annotations

from collections import defaultdict

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

from . import actions
from .forms import StakeholderForm
from .models import Asset, AssetKind, Sector, Stakeholder


def _seen(request: TownRequest):
    """The town's bodies with the assets that this person may see, under `seen_assets`."""
    assets = Asset.objects.visible_to(request.user).of(request.town)
    return (
        Stakeholder.objects.visible_to(request.user)
        .of(request.town)
        .prefetch_related(Prefetch("assets", assets, "seen_assets"), "keepers")
    )


@town_page(Act.SEE_BODIES)
def stakeholders(request: TownRequest) -> HttpResponse:
    """関係者の地図: the eight sectors in the deck's order, the empty ones shown as empty."""
    bodies: dict[str, list[Stakeholder]] = defaultdict(list)
    values = Asset.objects.visible_to(request.user).of(request.town).filter(kind=AssetKind.VALUE)
    seen = Stakeholder.objects.visible_to(request.user).of(request.town).active()
    shown = seen.only("municipality", "sector", "name", "sole_in_town").prefetch_related(
        Prefetch("assets", values.only("municipality", "stakeholder", "text"), "values_held")
    )
    for body in shown:
        bodies[body.sector].append(body)
    context = {
        "sectors": [(sector, bodies[sector]) for sector in Sector],
        "archived": Stakeholder.objects.editable_by(request.user)
        .of(request.town)
        .filter(archived_at__isnull=False),
    }
    return render(request, "stakeholders/map.html", context)


@town_page(Act.SEE_BODIES)
def stakeholder(request: TownRequest, pk: int) -> HttpResponse:
    body = get_object_or_404(_seen(request), pk=pk)
    by_kind: dict[str, list[Asset]] = defaultdict(list)
    for asset in body.seen_assets:
        by_kind[asset.kind].append(asset)
    hidden = set() if body.can_edit(request.standing) else {AssetKind.WEAKNESS}
    if request.standing.can(Act.SEE_APPROACH):
        hidden = set()
    context = {
        "body": body,
        "assets": [(kind, by_kind[kind]) for kind in AssetKind if kind not in hidden],
        "may_edit": body.can_edit(request.standing),
        "may_archive": request.standing.can(Act.EDIT_BODIES),
        "may_approach": request.standing.can(Act.SEE_APPROACH) or body.can_edit(request.standing),
    }
    return render(request, "stakeholders/stakeholder.html", context)


@town_page(Act.EDIT_BODIES)
def new(request: TownRequest) -> HttpResponse:
    body = Stakeholder(sector=request.GET.get("sector", ""))
    return _edit(request, body, title="関係者を加える")


@town_page(Act.EDIT_BODIES, Act.EDIT_OWN_BODY)
def edit(request: TownRequest, pk: int) -> HttpResponse:
    body = get_object_or_404(_seen(request), pk=pk)
    body.check_edit(request.standing)
    return _edit(request, body, title=f"{body.name}のページを書きかえる")


def _edit(request: TownRequest, body: Stakeholder, *, title: str) -> HttpResponse:
    whole = request.standing.can(Act.EDIT_BODIES)
    form = StakeholderForm(request.POST or None, instance=body, town=request.town, whole=whole)
    if request.method == "POST" and form.is_valid():
        keepers = form.cleaned_data.get("keepers")
        actions.save_stakeholder(
            form.save(commit=False),
            assets=form.assets,
            how_to_approach=form.cleaned_data["how_to_approach"],
            keepers=keepers,
        )
        messages.success(request, "保存しました。")
        return redirect(body)
    back = body.get_absolute_url() if body.pk else f"/m/{request.town.code}/stakeholders/"
    return render(request, "ui/edit.html", {"form": form, "title": title, "back": back})


@require_POST
@town_page(Act.EDIT_BODIES)
def archive(request: TownRequest, pk: int) -> HttpResponse:
    bodies = Stakeholder.objects.editable_by(request.user).of(request.town)
    body = get_object_or_404(bodies, pk=pk)
    if body.archived_at:
        actions.bring_back(body)
        messages.success(request, f"「{body.name}」を地図にもどしました。")
    else:
        actions.archive(body)
        messages.success(
            request, f"「{body.name}」を地図から下げました。聴いた声はそのまま残ります。"
        )
    return redirect("stakeholders", code=request.town.code)
