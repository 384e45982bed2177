from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from regions.models import Membership, Role

from .access import TABLE, Act, towns_where
from .scope import PersonRequest


def home(request: PersonRequest) -> HttpResponse:
    """Where one begins: one's only town, or one's list."""
    towns = towns_where(request.user, Act.SEE_TOWN)
    if towns_where(request.user, Act.OVERVIEW).exists():
        return redirect("overview")
    first = list(towns[:2])
    if len(first) == 1:
        return redirect("town", code=first[0].code)
    return render(request, "regions/home.html", {"towns": towns.select_related("prefecture")})


def abilities(request: PersonRequest) -> HttpResponse:
    """「できること」: the access table as it is, with one's own roles marked."""
    held = Membership.objects.in_effect().filter(user=request.user)
    rows = [(act, [(role, TABLE[act].get(role, "")) for role in Role]) for act in Act]
    context = {
        "roles": list(Role),
        "rows": rows,
        "memberships": held.select_related("municipality__prefecture", "prefecture", "bureau"),
    }
    return render(request, "regions/abilities.html", context)
