"""担当を引き継ぐ: a desk's page, for the 管理者 and for the person at the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from regions.accounts import slips
from regions.accounts.people_views import printed
from regions.models import TOWN_ROLES, Handover, Membership
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

from . import actions
from .forms import NoteForm, PlanForm
from .registry import still_open


def _desk(request: TownRequest, pk: int) -> Membership:
    desks = Membership.objects.of(request.town).filter(role__in=TOWN_ROLES).select_related("user")
    desk = get_object_or_404(desks, pk=pk)
    if desk.user_id != request.user.pk:
        request.standing.check(Act.MANAGE_PEOPLE)
    return desk


def _handover(request: TownRequest, desk: Membership) -> Handover | None:
    seen = Handover.objects.visible_to(request.user).of(request.town)
    return seen.filter(desk=desk).select_related("successor__user", "planned_by", "note_by").first()


@never_cache
@town_page(Act.MANAGE_PEOPLE, Act.SEE_ACCESS)
def handover(request: TownRequest, pk: int) -> HttpResponse:
    desk = _desk(request, pk)
    if request.method != "POST":
        return _page(request, desk)
    request.standing.check(Act.MANAGE_PEOPLE)
    form = _plan_form(request, desk)
    if not form.is_valid():
        return _page(request, desk, plan=form)
    told = form.cleaned_data
    person = told["who"]
    actions.plan(
        desk,
        successor=form.instance,
        person=person,
        new=(told["login_id"], told["name"]),
        by=request.standing,
    )
    user = form.instance.user
    if form.comes_in and not user.has_usable_password():
        return printed(request, *slips.issue(user, by=request.user, town=request.town))
    messages.success(request, f"{user.name}さんへの引き継ぎを決めました。")
    return redirect("handover", code=request.town.code, pk=pk)


def _plan_form(request: TownRequest, desk: Membership) -> PlanForm:
    successor = Membership(role=desk.role)
    return PlanForm(request.POST or None, instance=successor, town=request.town, desk=desk)


def _page(request: TownRequest, desk: Membership, **forms: Any) -> HttpResponse:
    found = _handover(request, desk)
    successor = found.successor if found else None
    over = not Membership.objects.not_over().filter(pk=desk.pk).exists()
    arranges = request.standing.can(Act.MANAGE_PEOPLE)
    context: dict[str, Any] = {
        "desk": desk,
        "handover": found,
        "successor": successor,
        "waits_for_password": successor and not successor.user.has_usable_password(),
        "over": over,
        "open": still_open(desk, request.standing),
        "note": NoteForm(instance=found or Handover(desk=desk), town=request.town),
    }
    if arranges and not successor and not over and "plan" not in forms:
        context["plan"] = PlanForm(
            instance=Membership(role=desk.role), town=request.town, desk=desk
        )
    return render(request, "regions/handover.html", context | forms)


@require_POST
@town_page(Act.MANAGE_PEOPLE, Act.SEE_ACCESS)
def note(request: TownRequest, pk: int) -> HttpResponse:
    desk = _desk(request, pk)
    instance = _handover(request, desk) or Handover(desk=desk)
    form = NoteForm(request.POST, instance=instance, town=request.town)
    if not form.is_valid():
        return _page(request, desk, note=form)
    actions.write_note(desk, text=form.cleaned_data["note"], by=request.standing)
    messages.success(request, "申し送りを保存しました。")
    return redirect("handover", code=request.town.code, pk=pk)


@require_POST
@town_page(Act.MANAGE_PEOPLE)
def call_off(request: TownRequest, pk: int) -> HttpResponse:
    desk = _desk(request, pk)
    found = get_object_or_404(
        Handover.objects.editable_by(request.user).of(request.town), desk=desk
    )
    try:
        actions.call_off(found)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"引き継ぎを取りやめました。{desk.user.name}さんの担当が続きます。"
        )
    return redirect("handover", code=request.town.code, pk=pk)


@require_POST
@town_page(Act.SEE_ACCESS)
def read(request: TownRequest, pk: int) -> HttpResponse:
    """「読みました」, by the successor alone."""
    mine = Handover.objects.visible_to(request.user).of(request.town).to_read(request.user)
    actions.mark_read(get_object_or_404(mine, desk=pk))
    messages.success(
        request, "申し送りを読んだことを残しました。「だれが入れるか」から、また読めます。"
    )
    return redirect("town", code=request.town.code)
