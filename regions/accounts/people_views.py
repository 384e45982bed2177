"""町に入る人: the town's own 管理者 lets people in, by printed slips, and sets the town's rule."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from regions.models import Membership, PasswordRule, Role, Slip
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

from . import actions, slips
from .forms import PersonForm, RuleForm


@town_page(Act.MANAGE_PEOPLE)
def people(request: TownRequest) -> HttpResponse:
    of_town = Membership.objects.of(request.town).not_over().select_related("user")
    in_order = list(Role)
    held = sorted(of_town, key=lambda m: (in_order.index(Role(m.role)), m.user.name))
    newest: dict[int, Slip] = {}
    for slip in Slip.objects.of(request.town).filter(user__in=[m.user_id for m in held]):
        newest.setdefault(slip.user_id, slip)
    context = {
        "rows": [(membership, newest.get(membership.user_id)) for membership in held],
        "rule": PasswordRule.objects.visible_to(request.user).of(request.town).first(),
        "standard": PasswordRule(),
    }
    return render(request, "regions/account/people.html", context)


@never_cache
@town_page(Act.MANAGE_PEOPLE)
def add_person(request: TownRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, town=request.town)
    if request.method == "POST" and form.is_valid():
        slip, code = actions.add_person(form, by=request.standing)
        return printed(request, slip, code)
    context = {
        "form": form,
        "title": "町に入る人を加える",
        "lead": "IDと役割を決めると、はじめのサインインに使う札が一枚できます。"
        "パスワードは、札を受け取った方がご自分で決めます。",
        "action": "加えて、札を出す",
        "back": reverse("people", args=[request.town.code]),
    }
    return render(request, "ui/edit.html", context)


@never_cache
@town_page(Act.MANAGE_PEOPLE)
def slip(request: TownRequest, pk: int) -> HttpResponse:
    """Asks once more, then issues a slip and shows it this one time."""
    # Who begins in April begins with a slip in March.
    held = Membership.objects.of(request.town).not_over().select_related("user")
    membership = get_object_or_404(held, pk=pk)
    try:
        slips.check_can_issue(membership.user, request.town, by=request.user)
    except NotAllowed as refusal:
        return render(
            request,
            "regions/account/slip_ask.html",
            {"membership": membership, "refusal": str(refusal)},
        )
    if request.method == "POST":
        issued, code = slips.issue(
            membership.user,
            by=request.user,
            town=request.town,
            resets_second="resets_second" in request.POST,
        )
        return printed(request, issued, code)
    return render(request, "regions/account/slip_ask.html", {"membership": membership})


@town_page(Act.MANAGE_PEOPLE)
def edit_rule(request: TownRequest) -> HttpResponse:
    rule = PasswordRule.objects.editable_by(request.user).of(request.town).first()
    form = RuleForm(request.POST or None, instance=rule, town=request.town)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(
            request, "パスワードの決まりを保存しました。次にパスワードを決めるときから使われます。"
        )
        return redirect("people", code=request.town.code)
    context = {
        "form": form,
        "title": "この町のパスワードの決まり",
        "lead": "つむぎの決まりより厳しくすることだけができます。",
        "back": reverse("people", args=[request.town.code]),
    }
    return render(request, "ui/edit.html", context)


def printed(request: TownRequest, slip: Slip, code: str) -> HttpResponse:
    """The paper itself: the code stands here and nowhere else."""
    context = {
        "slip": slip,
        "groups": slips.in_groups(code),
        "address": request.build_absolute_uri(reverse("begin")),
    }
    return render(request, "regions/account/slip.html", context)
