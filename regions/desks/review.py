"""だれが入れるか: everyone with access to this town, and the yearly look at the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from regions.models import AccessReview, Handover, Membership, Municipality, Role, User, Visit
from regions.people.access import NotAllowed, Standing
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

from . import actions
from .forms import EndForm

YEAR = dt.timedelta(days=365)
CHANGES_SHOWN = 30
OF_TOWN, WALKING, ABOVE = "この町で働く方", "アドバイザー", "県・厚生局・国の方"


@dataclass(frozen=True)
class Row:
    membership: Membership
    last_here: dt.date | None
    second: bool
    handover: Handover | None

    @property
    def endless(self) -> bool:
        return long_without_end(self.membership)


def long_without_end(membership: Membership) -> bool:
    began_long_ago = membership.valid_from <= timezone.localdate() - YEAR
    return membership.valid_until is None and began_long_ago


def _group(membership: Membership) -> str:
    if membership.municipality_id is None:
        return ABOVE
    return WALKING if membership.role == Role.ADVISOR else OF_TOWN


def access_to(town: Municipality) -> list[Membership]:
    """Terms that hold today, in the order of the roles."""
    held = Membership.objects.covering(**town.area_ids).in_effect()
    order = list(Role)
    return sorted(_with_places(held), key=lambda m: (order.index(Role(m.role)), m.user.name))


def _with_places(held):
    return held.select_related("user", "municipality__prefecture", "prefecture", "bureau")


def _rows(request: TownRequest, held: Iterable[Membership]) -> list[Row]:
    held = list(held)
    users = {membership.user_id for membership in held}
    visits = Visit.objects.of(request.town).filter(by__in=users).order_by()
    here = dict(visits.values_list("by").annotate(newest=Max("day")))
    own = Authenticator.objects.filter(user__in=users)
    own = own.exclude(type=Authenticator.Type.RECOVERY_CODES)
    second = set(own.values_list("user", flat=True))
    handovers = Handover.objects.visible_to(request.user).of(request.town)
    planned = {
        each.desk_id: each
        for each in handovers.filter(successor__isnull=False).select_related("successor__user")
    }
    return [
        Row(each, here.get(each.user_id), each.user_id in second, planned.get(each.pk))
        for each in held
    ]


@town_page(Act.SEE_ACCESS)
def access_review(request: TownRequest) -> HttpResponse:
    held = access_to(request.town)
    people = len({membership.user_id for membership in held})
    if request.method == "POST":
        return _confirm(request, people)
    rows = _rows(request, held)
    groups = [
        (name, [row for row in rows if _group(row.membership) == name])
        for name in (OF_TOWN, WALKING, ABOVE)
    ]
    today = timezone.localdate()
    covering = _with_places(Membership.objects.covering(**request.town.area_ids))
    manages = request.standing.can(Act.MANAGE_PEOPLE)
    context = {
        "groups": groups,
        "people": people,
        "of_town": OF_TOWN,
        "above": ABOVE,
        "to_come": covering.not_over().filter(valid_from__gt=today).order_by("valid_from"),
        "past": covering.filter(valid_until__lt=today).order_by("-valid_until"),
        "reviews": AccessReview.objects.visible_to(request.user)
        .of(request.town)
        .select_related("by"),
        "notes": Handover.objects.of(request.town)
        .filter(successor__user=request.user)
        .exclude(note=""),
        "changes": changes_of(request.standing) if manages else [],
    }
    return render(request, "regions/access.html", context)


def _confirm(request: TownRequest, people: int) -> HttpResponse:
    request.standing.check(Act.MANAGE_PEOPLE)
    if request.POST.get("people") != str(people):
        messages.warning(
            request,
            "画面を開いたあとに、人が増えたか減っています。一覧をもう一度確かめてください。",
        )
    else:
        actions.confirm_review(people=people, by=request.standing)
        messages.success(request, f"{people}名の一覧を確かめたことを残しました。")
    return redirect("access-review", code=request.town.code)


@town_page(Act.MANAGE_PEOPLE)
def end(request: TownRequest, pk: int) -> HttpResponse:
    """Asks once more; 「いますぐ」 or by a day."""
    mine = Membership.objects.of(request.town).not_over().select_related("user")
    membership = get_object_or_404(mine, pk=pk)
    at_once = "now" in request.POST
    sent = request.POST if request.method == "POST" and not at_once else None
    initial = {"last_day": timezone.localdate()}
    form = EndForm(sent, membership=membership, initial=initial)
    if at_once or (request.method == "POST" and form.is_valid()):
        last = actions.at_once(membership) if at_once else form.cleaned_data["last_day"]
        try:
            actions.end(membership, last_day=last, town=request.town)
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _ended(membership, last))
            own = membership.user_id == request.user.pk and at_once
            return redirect("home") if own else redirect("access-review", code=request.town.code)
    return render(request, "regions/access_end.html", {"membership": membership, "form": form})


def _ended(membership: Membership, last: dt.date) -> str:
    name = membership.user.name
    if last < timezone.localdate():
        return f"{name}さんの「{membership.get_role_display()}」を終えました。もうこの役割では入れません。"
    return f"{name}さんの「{membership.get_role_display()}」を終える日を決めました。"


@dataclass(frozen=True)
class Change:
    """One change of one term, as it stood afterwards."""

    at: dt.datetime
    by: str
    verb: str
    membership: Membership
    """A row of the history, which has the same fields."""
    name: str


def changes_of(standing: Standing) -> list[Change]:
    events = Membership.history.rel.related_model.objects  # type: ignore[attr-defined]
    newest = list(events.filter(municipality=standing.town).order_by("-pgh_id")[:CHANGES_SHOWN])
    by = [(event.pgh_context or {}).get("user") for event in newest]
    wanted = Q(pk__in=[event.user_id for event in newest]) | Q(pk__in=filter(None, by))
    names = dict(User.objects.filter(wanted).values_list("pk", "name"))
    verbs = {"insert": "加えた", "update": "変えた"}
    return [
        Change(
            event.pgh_created_at,
            names.get(who or 0, "サーバーの運用者"),
            verbs.get(event.pgh_label, "消した"),
            event,
            names.get(event.user_id, ""),
        )
        for event, who in zip(newest, by, strict=True)
    ]
